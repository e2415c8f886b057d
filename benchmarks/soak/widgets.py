"""What a browser would tell of the widgets that a page drew, as they stand before anyone acts."""

from streamlit.proto.Element_pb2 import Element
from streamlit.proto.WidgetStates_pb2 import WidgetState

EVENTS = "$$STREAMLIT_INTERNAL_KEY_{}__events"  # where a component's clicks are told


def first_state(element: Element) -> WidgetState | None:
    """Return what a browser tells of a widget that nobody has touched; None where that is nothing.

    Streamlit's page tells the value of these kinds as soon as it has drawn them.
    """
    kind = element.WhichOneof("type")
    if kind in ("button_group", "multiselect"):
        widget = getattr(element, kind)
        options = [getattr(option, "content", option) for option in widget.options]
        chosen = widget.raw_values if widget.set_value else [options[i] for i in widget.default]
        state = WidgetState(id=widget.id)
        state.string_array_value.data.extend(chosen)
        return state
    if kind == "selectbox":
        box = element.selectbox
        chosen_one = box.raw_value if box.set_value else box.options[box.default]
        return WidgetState(id=box.id, string_value=chosen_one)
    if kind == "checkbox":
        check = element.checkbox
        on = check.value if check.set_value else check.default
        return WidgetState(id=check.id, bool_value=on)
    return None


def id_of(element: Element) -> str:
    """Return the id of an element that can be acted on, empty for any other."""
    kind = element.WhichOneof("type")
    return getattr(getattr(element, kind), "id", "") if kind else ""
