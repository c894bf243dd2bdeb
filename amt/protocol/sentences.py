"""What each error says to the administrator, by its code: one sentence of cause (design.md 8).

``{words}`` are facts of the error. What to do about it stands in amt/codes.
"""

SENTENCES = {
    # Set-up and policy
    "not-set-up": "Not set up: no SMB settings, not provisioned.",
    "device-deleted": "The device was deleted meanwhile.",
    "password-missing": "Credential {credential} has no active password.",
    "plain-not-allowed": "It offers no TLS, and the zone allows no plain HTTP.",
    "no-alert-address": "No address is set under which devices reach this console. Nothing sent.",
    "alerts-need-http": (
        "The console's address is https, and firmware before 11.0 sends events by http only."
    ),
    "address-not-allowed": "{address} is {kind}. A password is never sent there.",
    "held-up": "The server was held up for too long just before sending. Nothing sent.",
    # Network
    "unreachable": "No connection on port {port}: no standby power, or wrong address?",
    "name-unknown": "No name server knows {host}: misspelt, or not registered?",
    "no-route": "No way leads to {host}: wrong address, or a network between is down?",
    "port-closed": "Port {port} is closed: AMT is not set up there, or another machine answers.",
    # TLS
    "tls-failed": "The port answers, but no TLS connection came about.",
    "tls-too-old": "It speaks only TLS older than 1.2, and the zone does not allow that.",
    "tls-alert": "The device broke off TLS: {words}.",
    "tls-dropped": "The device hung up while TLS was being agreed on.",
    "no-tls": "The port answers, but does not speak TLS.",
    "tls-gone": "It offers no TLS now, but did before, so no password goes out in the clear.",
    "client-certificate": "The device lets nobody in without a certificate, and we have none.",
    "certificate-changed": (
        "The device shows another certificate than the pinned one. We sent no password."
    ),
    # Sign-in
    "realm-changed": (
        "The device calls itself by another realm than before: replaced, or set up again? "
        "Nothing sent."
    ),
    "sign-in-refused": "The device refuses {login}. Nothing sent.",
    "sign-in-stopped": (
        "Refused {times} times; we stopped trying so that the device does not lock."
    ),
    "no-digest": "The device offers no digest sign-in; is it set to Kerberos only?",
    # Set-up over the network
    "chain-refused": "The device broke off when it saw our certificate: {words}.",
    "set-up-already": "The device is set up already: it asks for a login, not for a certificate.",
    "other-device": "Another device answers at this address: it calls itself {uuid}.",
    "no-uuid": "The device does not say its UUID, by which its password would be kept.",
    "not-back": "The device took the changes and did not come back within {seconds} s.",
    "not-committed": "The device is back, and is not as it was told: the changes did not count.",
    "password-not-taken": "The device is back and refuses the password that it was given.",
    "no-management-certificate": "No server has a management certificate to set it up with.",
    "key-not-ready": "The device did not finish making its key within {seconds} s.",
    "tls-not-taken": "The device keeps other TLS settings than we gave it. Nothing was committed.",
    "clock-not-taken": "The device's clock did not take the time. Nothing was committed.",
    # The device's answer
    "device-busy": "The device has no room for another connection.",
    "fault": "The device would not do it: {words}.",
    "refused": "The device refused {method} (its code {value}: {words}).",
    "boot-not-offered": "This device does not offer to boot from there. Nothing sent.",
    "no-answer": "The connection dropped before the answer was complete.",
    "unresponsive": "The device took the connection, then did not answer for {seconds} s.",
    "bad-answer": "The answer on port {port} is not AMT's: another web server at this address?",
    "damaged-answer": "The answer broke off or is damaged.",
    "hostile-answer": "The answer was built to exhaust whoever reads it, so we did not read it.",
    "unexpected-answer": "The device's answer does not have what AMT answers here.",
    "no-older-interface": "This firmware knows no older SOAP interface: it is AMT 9 or newer.",
    "no-ws-management": "This firmware knows no WS-Management: it is older than AMT 3.2.",
    "http-status": "The device answered with HTTP {status} instead of WS-Management.",
}
EXAMPLES = {
    "credential": "ME Labs",
    "address": "224.0.0.1",
    "kind": "a multicast address",
    "port": 16993,
    "host": "pc-031.example.org",
    "words": "it does not accept the values",
    "uuid": "4c4c4544-0043-3510-8052-b4c04f4e4d32",
    "login": "credential ME Labs",
    "times": 2,
    "method": "RequestPowerStateChange",
    "value": 2,
    "seconds": 20,
    "status": 500,
}


def say(code: str, **facts: object) -> str:
    """Return the sentence of a code with these facts; the examples stand for those not given."""
    return SENTENCES[code].format(**{**EXAMPLES, **facts})
