"""What every request goes through before a route sees it, and what runs an application on a socket."""
