"""When a MUST of Http11Probe holds, judged from what h1_replay.py saw.

A case's note says `Must; expect Exact(400)`, `Range2xx` or `?`; the last kind is judged by the tables below, from the
rule that the case names.
"""

# Well-formed: the request must be answered with success.
ACCEPTED = {
    "COMP-POST-CL-BODY", "COMP-CHUNKED-BODY", "COMP-CHUNKED-MULTI", "COMP-CHUNKED-TRAILER-VALID",
    "COMP-CHUNKED-HEX-UPPERCASE", "COMP-RANGE-POST", "COMP-HEAD-NO-BODY", "SMUG-EXPECT-100-CL",
}
# Of no valid reading: nothing of it may reach the origin.
REFUSED = {
    "SMUG-TE-XCHUNKED", "SMUG-TE-IDENTITY", "SMUG-TE-OBS-FOLD", "SMUG-CLTE-CONN-CLOSE", "SMUG-TECL-CONN-CLOSE",
    "SMUG-CLTE-DESYNC", "SMUG-TECL-DESYNC", "SMUG-OPTIONS-TE-OBS-FOLD", "SMUG-CHUNK-INVALID-SIZE-DESYNC",
    "COMP-UNKNOWN-TE-501", "NORM-SP-BEFORE-COLON-CL",
}
# No protocol switch may be granted.
NOT_SWITCHED = {
    "COMP-UPGRADE-POST", "COMP-UPGRADE-MISSING-CONN", "COMP-UPGRADE-UNKNOWN", "COMP-UPGRADE-INVALID-VER",
    "COMP-UPGRADE-HTTP10",
}
# Cut off by the sender: forwarding what came, as far as it came, is no fault.
CUT_OFF = {"COMP-POST-CL-UNDERSEND", "COMP-CHUNKED-NO-FINAL", "MAL-POST-CL-HUGE-NO-BODY"}
# HTTP/1.0 clients must not see interim responses.
NO_INTERIM = {"COMP-NO-1XX-HTTP10"}


def applies(result):
    """Whether the case states a MUST."""
    return result.get("note", "").startswith("Must;")


def broken(result):
    """How the MUST was broken, in words; None where it held or none is stated."""
    if not applies(result):
        return None
    name = result["name"].split(":")[0]
    final = next((status for status in result["status"] if status >= 200), None)
    seen = f"verdict {result['verdict']}, status {result['status']}"
    if "expect Exact(400)" in result["note"]:
        return None if final == 400 else f"MUST be refused with 400: {seen}"
    if "expect Range2xx" in result["note"] or name in ACCEPTED:
        return None if final in range(200, 300) else f"MUST be accepted: {seen}"
    if name in REFUSED:
        return None if result["verdict"] == "REJECT" else f"MUST be refused: {seen}"
    if name in NOT_SWITCHED:
        return None if 101 not in result["status"] else f"MUST not switch protocols: {seen}"
    if name in NO_INTERIM:
        return None if all(status >= 200 for status in result["status"]) else f"MUST not send 1xx: {seen}"
    harmless = {"REJECT", "CLEAN"} | ({"PARTIAL"} if name in CUT_OFF else set())
    return None if result["verdict"] in harmless else f"MUST be refused or forwarded clean: {seen}"
