"""The page of `report --html` in headless Chromium, opened from disk as a reader would: what it shows is what the
document says, mouse and keyboard reach it, nothing is asked for, nothing leaves the screen sideways."""

import base64
import json
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

sys.path.insert(0, os.fspath(Path(__file__).resolve().parent.parent / "cli"))
from program import run  # noqa: E402 the folder is not a package

BINARY_DIR = Path(os.environ["MOBILENET_COST_BINARY_DIR"])
FAKE = {"MOBILENET_COST_ENGINE_DIR": os.fspath(BINARY_DIR / "fake_engines")}
GRID = ["--alpha", "0.25,0.5,0.75,1", "--res", "32,64,96,128"]
SWEEP = ["sweep", *GRID, "--bench", "-e", "xnnpack", "--rounds", "4"]
WIDTHS = [390, 1024, 1920]
HOSTILE = "</script><script>window.hostile=1;alert(1)</script>\"'><img src=x onerror=alert(2)>\u2028&lt;" + "x" * 10000
OWN_SCRIPTS = 5  # two hold data


# Pairs of texts of one chart that stand on each other.
OVERLAPS = """
    const found = [];
    for (const svg of document.querySelectorAll('.chart svg')) {
        const texts = [...svg.querySelectorAll('text')]
            .filter(text => text.textContent.trim() && getComputedStyle(text).opacity !== '0')
            .map(text => [text.textContent, text.getBoundingClientRect(), svg.closest('section').dataset.kind]);
        texts.forEach(([first, a, kind], i) => texts.slice(i + 1).forEach(([second, b]) => {
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 1.5 && down > 3) found.push([kind, first, second]);
        }));
    }
    return found;"""


# Texts of a chart that its frame cuts off.
CUT = """
    return [...document.querySelectorAll('.chart svg')].flatMap(svg => {
        const frame = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter(text => text.textContent.trim())
            .filter(text => {
                const box = text.getBoundingClientRect();
                return box.left < frame.left - 1 || box.right > frame.right + 1;
            }).map(text => [svg.closest('section').dataset.kind, text.textContent]);
    });"""


def made(*arguments):
    result = run(*arguments, env=FAKE)
    assert result.returncode == 0, result
    return result


def start_browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    options.add_argument("--headless=new")
    options.add_argument("--disable-gpu")
    options.add_argument("--disable-dev-shm-usage")
    options.add_argument("--force-prefers-reduced-motion")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium does not start as root with it
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


class Browser(unittest.TestCase):
    maxDiff = None
    # One sweep, its page, and one browser for all tests: setUpModule().
    folder = log = page = driver = None
    document = {}

    def setUp(self):
        self.resize(1280)
        self.prefer("light")
        self.open(self.page)

    def tearDown(self):
        self.assert_silent()

    # ---- what a reader does ----

    def open(self, path):
        for kind in ["browser", "performance"]:
            self.driver.get_log(kind)  # forgets what came before
        self.driver.get(path.as_uri())
        WebDriverWait(self.driver, 30).until(lambda driver: self.script("return document.documentElement.dataset.ready"))

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        """Waits for it: a chart whose width has changed is drawn again a moment later."""
        return WebDriverWait(self.driver, 30).until(lambda driver: driver.find_element(By.CSS_SELECTOR, selector))

    def resize(self, width, height=900):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def prefer(self, theme):
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        )

    def hover(self, mark):
        """Until the tooltip is there: the scrolling, which hides it, may be told only after the first move."""
        self.script("arguments[0].scrollIntoView({block: 'center'})", mark)

        def shows(driver):
            ActionChains(driver).move_to_element(mark).move_by_offset(1, 0).perform()
            return self.tooltip() is not None

        WebDriverWait(self.driver, 30).until(shows)

    def tooltip(self):
        return self.script(
            "const tip = document.getElementById('tooltip'); return tip.hidden ? null : tip.innerText"
        )

    def header(self, title):
        return next(button for button in self.all("#networks thead button") if button.text == title)

    def values(self, title):
        """A column of the table as raw values, in the order shown."""
        titles = [button.text for button in self.all("#networks thead button")]
        return self.script(
            "return [...document.querySelectorAll('#networks tbody tr')].map(row => row.cells[arguments[0]].dataset.value)",
            titles.index(title),
        )

    def background(self):
        return self.script("return getComputedStyle(document.body).backgroundColor")

    # ---- what must hold ----

    def assert_silent(self):
        """No word on the console, and no request but for the file itself."""
        self.assertEqual([entry["message"] for entry in self.driver.get_log("browser")], [])
        asked = set()
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                asked.add(message["params"]["request"]["url"].split("#")[0])
        self.assertLessEqual({url for url in asked if not url.startswith("file://" + os.fspath(self.folder))}, set())
        self.assertLessEqual(len(asked), 1, asked)

    def assert_fits(self, width):
        """Nothing sticks out sideways, neither of the page nor of a chart."""
        self.resize(width)
        WebDriverWait(self.driver, 10).until(
            lambda driver: self.script(
                "return [...document.querySelectorAll('.chart')].every(host => !host.querySelector('svg') || "
                "host.querySelector('svg').getBoundingClientRect().right <= host.getBoundingClientRect().right + 1)"
            )
        )
        wide = self.script("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        self.assertLessEqual(wide[0], wide[1], f"at {width} px")


def setUpModule():
    Browser.folder = Path(unittest.enterModuleContext(tempfile.TemporaryDirectory()))
    Browser.log = Browser.folder / "run.jsonl"
    document = Browser.folder / "sweep.json"
    made(*SWEEP, "--log", Browser.log, "-o", document)
    Browser.document = json.loads(document.read_text())
    Browser.page = Browser.folder / "report.html"
    made("report", Browser.log, "--html", Browser.page)
    Browser.driver = start_browser()
    unittest.addModuleCleanup(Browser.driver.quit)


class Reading(Browser):
    def test_a_heat_map_says_what_the_document_says(self):
        cell = next(cell for cell in self.document["cells"] if (cell["alpha"], cell["resolution"]) == (0.25, 32))
        mark = self.one("[data-kind=heat_maps] svg [aria-label^='On paper, alpha 0.25 at 32 px']")
        self.assertIsNone(self.tooltip())
        self.hover(mark)
        text = self.tooltip()
        self.assertIn("alpha 0.25 at 32 px", text)
        self.assertIn(f"{cell['analytic_speedup']:.3g}×", text)
        ActionChains(self.driver).move_to_element(self.one("h1")).perform()
        self.assertIsNone(self.tooltip())

    def test_the_scatter_and_the_layers_answer_the_mouse(self):
        # On a busy machine every round of a cell may have been disturbed: it has no mark then.
        # The one with most MACs: no other lies on it.
        cell = max((cell for cell in self.document["cells"] for point in cell["measured"]
                    if point["network"] == "separable" and point["median_seconds"]), key=lambda cell: cell["macs"])
        self.hover(self.one("[data-kind=scatter] svg "
                            f"[aria-label*='alpha {cell['alpha']:g} at {cell['resolution']} px, separable']"))
        self.assertIn(f"{cell['macs']:,}", self.tooltip())
        self.hover(self.one("[data-kind=layers] svg [aria-label^='Conv2d_1_pointwise, MACs']"))
        self.assertIn("Conv2d_1_pointwise", self.tooltip())

    def test_the_keyboard_walks_through_a_chart(self):
        chart = self.one("[data-kind=heat_maps] .chart")
        self.script("arguments[0].focus()", chart)
        chart.send_keys(Keys.ARROW_RIGHT)
        first = self.tooltip()
        spoken = self.script("return document.getElementById('spoken').textContent")
        self.assertIn("alpha", first)
        self.assertTrue(spoken.startswith("On paper, alpha"), spoken)
        chart.send_keys(Keys.ARROW_RIGHT)
        self.assertNotEqual(self.tooltip(), first)
        chart.send_keys(Keys.ESCAPE)
        self.assertIsNone(self.tooltip())

    def test_charts_and_tables_have_names(self):
        for chart in self.all(".chart"):
            self.assertTrue(chart.get_attribute("aria-label"))
            self.assertTrue(chart.get_attribute("role"), chart.get_attribute("outerHTML")[:200])
            self.assertEqual(len(chart.find_elements(By.CSS_SELECTOR, "svg")), 1)
        self.assertTrue(self.one("#networks caption").text)
        self.assertEqual(len(self.all("#networks tbody th[scope=row]")), 2 * len(self.document["cells"]))
        self.assertEqual({head.get_attribute("scope") for head in self.all("#networks thead th")}, {"col"})

    def test_another_cell_can_be_chosen(self):
        select = self.one("[data-kind=layers] select")
        before = self.one("[data-kind=layers] svg").get_attribute("outerHTML")
        select.find_elements(By.TAG_NAME, "option")[0].click()
        self.assertNotEqual(self.one("[data-kind=layers] svg").get_attribute("outerHTML"), before)

    def test_a_chart_is_a_table_too(self):
        details = self.one("[data-kind=scatter] details")
        self.assertEqual(details.find_elements(By.TAG_NAME, "tr"), [])
        details.find_element(By.TAG_NAME, "summary").click()
        WebDriverWait(self.driver, 5).until(lambda driver: details.find_elements(By.TAG_NAME, "tr"))
        times = [point["median_seconds"] for cell in self.document["cells"] for point in cell["measured"]]
        timed = sum(time is not None for time in times)
        lines = len(self.document["fit"])  # none where too many blocks were disturbed
        self.assertEqual(len(details.find_elements(By.CSS_SELECTOR, "tbody tr")), timed + lines)


class Sorting(Browser):
    def test_values_are_those_of_the_document(self):
        points = [(cell, point) for cell in self.document["cells"] for point in cell["measured"]]
        for title, expected in {
            "Median, ms": [point["median_seconds"] for _, point in points],
            "MACs": [point["macs"] for _, point in points],
            "Kept": [point["fraction_kept"] for _, point in points],
            "Alpha": [cell["alpha"] for cell, _ in points],
        }.items():
            shown = [float(value) if value else None for value in self.values(title)]
            self.assertEqual(shown, expected, title)

    def assert_sorted(self, title, order):
        numbers = [float(value) for value in self.values(title) if value]
        self.assertEqual(numbers, sorted(numbers, reverse=order == "descending"))
        states = {head.text: head.get_attribute("aria-sort") for head in self.all("#networks thead th")}
        self.assertEqual({text for text, state in states.items() if state != "none"}, {title})
        self.assertEqual(states[title], order)
        self.assertIn(order, self.script("return document.getElementById('sorted').textContent"))

    def test_by_mouse(self):
        button = self.header("Median, ms")
        self.script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        self.assert_sorted("Median, ms", "ascending")
        button.click()
        self.assert_sorted("Median, ms", "descending")

    def test_by_keyboard(self):
        button = self.header("MACs")
        self.script("arguments[0].focus()", button)
        button.send_keys(Keys.ENTER)
        self.assert_sorted("MACs", "ascending")
        button.send_keys(Keys.SPACE)
        self.assert_sorted("MACs", "descending")


class Looks(Browser):
    def test_the_theme(self):
        light = self.background()
        text_of_chart = "return getComputedStyle(document.querySelector('[data-kind=scatter] svg text')).fill"
        light_text = self.script(text_of_chart)
        button = self.one("#theme")
        self.assertEqual(button.get_attribute("aria-pressed"), "false")
        button.click()
        self.assertEqual(button.get_attribute("aria-pressed"), "true")
        dark = self.background()
        self.assertNotEqual(dark, light)
        self.assertNotEqual(self.script(text_of_chart), light_text)
        button.click()
        self.assertEqual(self.background(), light)
        self.prefer("dark")
        self.open(self.page)
        self.assertEqual(self.background(), dark)
        self.assertEqual(self.one("#theme").get_attribute("aria-pressed"), "true")

    def test_nothing_sticks_out(self):
        for width in WIDTHS:
            self.assert_fits(width)

    def test_no_two_texts_of_a_chart_overlap(self):
        for width in [390, 700, 1280]:
            self.resize(width)
            self.open(self.page)
            self.assertEqual(self.script(OVERLAPS), [], f"at {width} px")
            self.assertEqual(self.script(CUT), [], f"at {width} px")

    def test_no_two_texts_of_a_predicted_page_overlap(self):
        """A prediction times the layers of both networks; a chart shows those of one."""
        log, page = self.folder / "predicted.jsonl", self.folder / "predicted.html"
        made(*SWEEP, "--predict", "--log", log, "-o", os.devnull)
        made("report", log, "--html", page)
        for width in [390, 1280]:
            self.resize(width)
            self.open(page)
            self.assertEqual(self.script(OVERLAPS), [], f"at {width} px")
            self.assertEqual(self.script(CUT), [], f"at {width} px")
        bars = [mark.get_attribute("aria-label") for mark in self.all("[data-kind=layers] svg [aria-label*=', MACs']")]
        self.assertTrue(bars)
        self.assertEqual(len(set(bars)), len(bars))

    def test_the_first_column_stays(self):
        self.resize(390)
        self.open(self.page)
        first = self.one("#networks tbody th")
        before = first.rect["x"]
        self.script("document.querySelector('#table .scroll').scrollLeft = 300")
        self.assertEqual(first.rect["x"], before)

    def test_print_has_all_columns_and_whole_charts(self):
        self.resize(970)  # a landscape page between its margins
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        self.addCleanup(self.driver.execute_cdp_cmd, "Emulation.setEmulatedMedia", {"media": ""})
        WebDriverWait(self.driver, 10).until(lambda driver: self.script(
            "return [...document.querySelectorAll('.chart svg')].every(svg => svg.getBoundingClientRect().width > 600)"))
        self.assertLessEqual(self.one("#networks").rect["width"], 970)
        self.assertEqual(self.script("return getComputedStyle(document.querySelector('#table .scroll')).overflow"), "visible")

    def test_it_prints(self):
        self.prefer("dark")
        self.open(self.page)
        printed = self.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
        self.assertTrue(base64.b64decode(printed["data"]).startswith(b"%PDF-"))

    def test_pictures_of_it(self):
        """Kept where a person can look at them."""
        folder = BINARY_DIR / "screenshots"
        folder.mkdir(exist_ok=True)
        for theme in ["light", "dark"]:
            self.prefer(theme)
            for width in WIDTHS:
                self.resize(width)
                self.open(self.page)
                height = self.script("return document.documentElement.scrollHeight")
                self.resize(width, height)
                picture = self.driver.get_screenshot_as_png()
                (folder / f"report-{width}-{theme}.png").write_bytes(picture)
                self.assertGreater(len(picture), 20000)


class Honest(Browser):
    """No figure looks surer, or is drawn as something else, than it is."""

    def test_a_run_of_one_round_says_so_everywhere(self):
        log, page = self.folder / "one.jsonl", self.folder / "one.html"
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        lines = [line for line in lines if line.get("kind") != "round" or line["round"] == 0]
        for block in next(line for line in lines if line.get("kind") == "round")["blocks"]:
            block["steal_seconds"] = block["involuntary_switches"] = 0  # however busy this machine was
        log.write_text("".join(json.dumps(line) + "\n" for line in lines))
        made("report", log, "--html", page)
        self.open(page)
        self.assertIn("One round only: no figure has an interval", self.one("#doubts").text)
        self.assertIn("(marked ~) are not within ±2 %", self.one("#doubts").text)
        for label in ["largest measured speed-up over the base", "of the theoretical speed-up, measured",
                      "faster than standard convolutions"]:
            card = next(card for card in self.all("#cards li") if card.text.startswith(label))
            self.assertTrue(card.find_element(By.TAG_NAME, "b").text.startswith("~"), card.text)
            self.assertIn("no interval", card.text)
        marks = [mark.get_attribute("aria-label") for mark in self.all(
            "[data-kind=heat_maps] svg [aria-label^='Measured'], [data-kind=standard] svg [aria-label^='Measured']")]
        exact = [mark for mark in marks if "no interval" not in mark and "not measured" not in mark]
        self.assertEqual(exact, ["Measured, alpha 1 at 128 px: 1.00 times"])  # the base over itself
        titles = [button.text for button in self.all("#networks thead button")]
        for title in ["Median, ms", "Over standard"]:  # what a base is not precise by is shown, too
            cells = self.all(f"#networks tbody td:nth-child({titles.index(title) + 1})")
            self.assertEqual([cell.text for cell in cells if cell.text[0] not in "~–"], [], title)
        self.hover(self.one("[data-kind=heat_maps] svg [aria-label^='Measured, alpha 0.25 at 32 px']"))
        self.assertIn("~", self.tooltip())
        self.assertIn("not precise: no interval after 1 round", self.tooltip())

    def test_an_accuracy_belongs_to_the_network_it_was_published_for(self):
        shown = dict.fromkeys(["separable", "standard"], 0)
        for network, top1 in zip(self.values("Network"), self.values("Top-1")):
            shown[network] += top1 != ""
        self.assertEqual(shown, {"separable": 4, "standard": 0})  # at 128 px

    def test_error_bars_stay_in_the_plot(self):
        outside = self.script("""
            const frame = document.querySelector('[data-kind=scatter] svg .mark-group.role-frame .background')
                .getBoundingClientRect();
            return [...document.querySelectorAll('[data-kind=scatter] svg .mark-rule.role-mark line')]
                .map(line => line.getBoundingClientRect())
                .filter(box => box.top < frame.top - 1 || box.bottom > frame.bottom + 1).length;""")
        self.assertEqual(outside, 0)

    def test_the_front_is_drawn_only_over_its_axes(self):
        front = "[data-kind=scatter] svg .mark-line.role-mark path"
        fits = len(self.all(front))
        select = self.one("[data-kind=scatter] select")
        next(option for option in select.find_elements(By.TAG_NAME, "option")
             if option.get_attribute("value") == "top1").click()
        self.assertEqual(fits % 2, 0)  # against MACs: a slope and a reference for each network, no front
        self.assertEqual(len([path for path in self.all(front) if path.get_attribute("d")]), 1)

    def test_a_class_has_one_colour(self):
        colours = {}
        for kind in ["roofline", "layers", "network"]:
            names = [node.get_attribute("textContent") for node in self.all(f"[data-kind={kind}] svg .role-legend-label text")]
            fills = [node.get_attribute("fill") for node in self.all(f"[data-kind={kind}] svg .role-legend-symbol path")]
            self.assertEqual(len(names), len(fills))
            self.assertEqual(len(set(fills)), len(fills), kind)
            for name, fill in zip(names, fills):
                self.assertEqual(colours.setdefault(name, fill), fill, name)

    def test_the_base_is_shown_first(self):
        for kind in ["roofline", "layers", "network", "ratio", "blocks"]:
            self.assertEqual(self.one(f"[data-kind={kind}] select").get_attribute("value"), "alpha 1 at 128 px")

    def test_figures_are_rounded_and_settings_have_units(self):
        details = self.one("[data-kind=heat_maps] details")
        details.find_element(By.TAG_NAME, "summary").click()
        WebDriverWait(self.driver, 5).until(lambda driver: details.find_elements(By.TAG_NAME, "tr"))
        self.assertNotRegex(details.text, r"\d\.\d{5}")
        facts = re.sub(r"commit\n\w+", "", self.one("#facts").text).split("How time follows MACs")[0]
        self.assertNotRegex(facts, r"\d{9}|\d\.\d{6}|AVX3|_")
        self.assertRegex(facts, r"memory\n[\d.]+ GiB")


class Comparing(Browser):
    def assert_one_scale(self, *figures):
        """What was counted is equal in both runs, so its colours are, whatever was measured."""
        colours = [
            self.script(
                "return [...arguments[0].querySelectorAll('svg [aria-label^=\"On paper\"]')]"
                ".map(mark => [mark.getAttribute('aria-label'), mark.getAttribute('fill')])",
                figure,
            )
            for figure in figures
        ]
        self.assertEqual(len(colours[0]), 16)
        self.assertEqual(*colours)

    def test_two_runs_side_by_side(self):
        other = self.folder / "other.jsonl"
        made(*SWEEP, "--log", other, "-o", os.devnull, "--seed", "2")
        page = self.folder / "compare.html"
        made("report", self.log, other, "--compare", "--html", page)
        self.open(page)
        figures = self.all("[data-kind=heat_maps] figure")
        self.assertEqual(len(figures), 2)
        self.assertEqual(figures[0].rect["y"], figures[1].rect["y"])
        self.assertIn("other.jsonl", figures[1].text)
        self.assert_one_scale(*figures)
        self.assertEqual(len(self.all("[data-kind=change] figure")), 1)
        self.assertEqual(len(self.all("#networks tbody tr")), 4 * len(self.document["cells"]))
        for width in WIDTHS:
            self.assert_fits(width)


class Hostile(Browser):
    def test_names_are_text(self):
        """Names of the model, the engine, the layers and the kernels, as anybody could write them into a log."""
        text = self.log.read_text()
        for name in ["mobilenet_v1", "xnnpack", "Conv2d_0", "Conv2d_1_depthwise"]:
            text = text.replace(json.dumps(name), json.dumps(HOSTILE + name))
        log = self.folder / "hostile.jsonl"
        log.write_text(text)
        page = self.folder / "hostile.html"
        made("report", log, "--html", page)
        self.open(page)
        with self.assertRaises(NoAlertPresentException):
            self.driver.switch_to.alert.text
        self.assertEqual(self.script("return document.scripts.length"), OWN_SCRIPTS)
        self.assertEqual(self.script("return document.images.length"), 0)
        self.assertIsNone(self.script("return window.hostile ?? null"))
        self.assertTrue(self.script("return document.querySelector('h1').textContent").startswith(HOSTILE[:60]))
        mark = self.one("[data-kind=heat_maps] svg [aria-label^='Measured']")
        self.hover(mark)
        self.assertIn("alpha", self.tooltip())
        for selector in ["h1", "[data-kind=heat_maps] h3", "#networks tbody tr"]:
            self.assertLess(self.one(selector).rect["height"], 160, selector)
        for width in WIDTHS:
            self.assert_fits(width)


if __name__ == "__main__":
    unittest.main()
