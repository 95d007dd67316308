"""A headless Chromium, driven by Selenium."""

import json
import os
import time
from pathlib import Path

import axe_core_python

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_RUN_AXE = (
    "axe.run().then(found => JSON.stringify({passes: found.passes.length, violations: found.violations.map("
    "one => [one.id, one.nodes.map(node => node.html.slice(0, 200))])}))"
)


class Browser:
    """
    One window.

    :param dark: Whether the system is said to be dark.
    :param still: Whether nothing is to move.
    """

    def __init__(self, width, height, *, dark=False, still=True):
        os.environ["SE_OFFLINE"] = "true"  # the driver that is installed, and none that Selenium would fetch
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        for argument in (
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
            *("--disable-background-networking", "--hide-scrollbars", f"--window-size={max(width, 500)},{height}"),
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options)
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"},
        ]
        self.command("Emulation.setEmulatedMedia", features=features)

    def command(self, name, **given):
        """Give a command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, given)

    def js(self, expression):
        """Return the value of an expression; the page's policy does not bind it."""
        found = self.command("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, expression, seconds=60):
        """Wait until an expression holds."""
        ends = time.monotonic() + seconds
        while not self.js(f"Boolean({expression})"):
            assert time.monotonic() < ends, f"{expression}: {self.js('document.body.innerText')} {self.errors()}"
            time.sleep(0.05)

    def keys(self, *keys):
        """Press keys where the focus is."""
        from selenium.webdriver.common.action_chains import ActionChains

        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def faults(self):
        """What axe-core finds; it must have checked something."""
        self.command("Runtime.evaluate", expression=AXE)
        found = json.loads(self.js(_RUN_AXE))
        assert found["passes"] > 5
        return found["violations"]

    def errors(self):
        """Errors and refusals of the console."""
        return [one["message"] for one in self.driver.get_log("browser") if one["level"] in {"SEVERE", "WARNING"}]

    def requested(self):
        """Every address that was asked for since this was last called."""
        messages = [json.loads(one["message"])["message"] for one in self.driver.get_log("performance")]
        return [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]

    def close(self):
        """Close the window."""
        self.driver.quit()
