"""Who may do what with what visitors left behind."""


def may_manage_drawings() -> bool:
    """Tell whether whoever looks at the page may hide, delete and export drawings.

    Everybody who can open the dashboard may, as with runs: there are no roles.
    """
    return True
