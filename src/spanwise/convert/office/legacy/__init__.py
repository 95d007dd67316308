"""The formats of Office before 2007, Outlook's mail, and RTF."""
