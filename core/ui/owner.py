"""Who may do what with what visitors left behind."""

from core.access import Action, refusal


def may_manage_drawings() -> bool:
    """Tell whether whoever looks at the page may hide, delete and export drawings."""
    return not refusal(Action.CURATE)
