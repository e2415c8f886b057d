"""axe-core, npm's checker of accessibility, run on a page that is open in the browser."""

from collections.abc import Iterable
from dataclasses import dataclass

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
_RUN = """async known => {
  const spared = (rule, node) =>
    known.some(([its, selector]) => its === rule && node.element?.matches(selector));
  const found = await axe.run(document, { resultTypes: ["violations"], elementRef: true });
  return found.violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.filter((node) => !spared(id, node)).map((node) => ({
      rule: id,
      impact: node.impact ?? impact,
      element: node.html.slice(0, 200),
      place: node.target.flat().join(" > "),
      help: `${help}. ${node.failureSummary}`,
    })));
}"""


@dataclass(frozen=True)
class Fault:
    """An element that breaks a rule of axe's."""

    rule: str
    impact: str  # minor, moderate, serious or critical
    element: str  # its opening tag
    place: str  # a selector that finds it
    help: str

    def __str__(self) -> str:
        return f"{self.impact} {self.rule}: {self.element}\n  at {self.place}\n  {self.help}"


def find_faults(page: Page, spared: Iterable[tuple[str, str]] = ()) -> list[Fault]:
    """Return what axe finds on the page as it is shown now, of any impact.

    `spared` names rules, each with the selector of elements that may break it.
    """
    # Evaluated, not added as a script: that holds where a page lets no other scripts run.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return [Fault(**found) for found in page.evaluate(_RUN, list(spared))]
