from collections.abc import Iterator

import pytest
from joserfc.jwk import OctKey

from jiyue.core import small_answers
from jiyue.core.openid import Attempt, Identity, ProviderRefused
from jiyue.core.tests.lying_provider import OTHER_KEY, LyingProvider, lying_provider

BACK = "http://127.0.0.1:8100/sign-in/unified/return/"


@pytest.fixture
def liar() -> Iterator[LyingProvider]:
    with lying_provider() as provider:
        yield provider


def finish(liar: LyingProvider, client=None, **answer: str) -> Identity:
    """Start, come back with a code, and read the token."""
    client = client or liar.client()
    _address, attempt = client.start(BACK)
    liar.nonce = attempt.nonce
    identity: Identity = client.finish(attempt, {"state": attempt.state, "code": "c", **answer}, BACK)
    return identity


def refused(liar: LyingProvider, **answer: str) -> str:
    with pytest.raises(ProviderRefused) as refusal:
        finish(liar, **answer)
    assert refusal.value.fix
    return refusal.value.code


def test_an_honest_provider_is_believed(liar):
    identity = finish(liar)
    assert (identity.issuer, identity.subject, identity.has_both_factors) == (liar.issuer, "s1", False)


def test_every_attempt_has_its_own_state_nonce_and_verifier(liar):
    client = liar.client()
    attempts = [client.start(BACK)[1] for _twice in range(2)]
    values = [value for attempt in attempts for value in (attempt.state, attempt.nonce, attempt.verifier)]
    assert len(set(values)) == 6
    assert min(len(value) for value in values) >= 43
    address = client.start(BACK)[0]
    assert "code_challenge_method=S256" in address
    assert "response_type=code" in address


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"nonce": "another"}, "token_nonce"),
        ({"nonce": None}, "token_nonce"),
        ({"aud": "somebody-else"}, "token_aud"),
        ({"aud": ["jiyue", "somebody-else"]}, "token_azp"),
        ({"aud": None}, "token_aud"),
        ({"azp": "somebody-else"}, "token_azp"),
        ({"iss": "https://evil.example"}, "token_iss"),
        ({"exp": 1}, "token_unreadable"),
        ({"exp": None}, "token_exp"),
        ({"sub": None}, "token_sub"),
        ({"sub": 7}, "token_sub"),
        ({"sub": ""}, "token_sub"),
        ({"at_hash": "AAAA"}, "token_at_hash"),
    ],
)
def test_a_token_that_does_not_fit_is_refused(liar, claims, code):
    liar.claims = claims
    got = refused(liar)
    assert got == code or (code == "token_unreadable" and got.startswith("token_"))


def test_a_token_signed_by_another_key_is_refused(liar):
    liar.key = OTHER_KEY
    assert refused(liar) == "token_signature"


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_token_without_a_real_signature_is_refused(liar, algorithm):
    liar.header = {"alg": algorithm}
    if algorithm == "HS256":
        liar.key = OctKey.import_key("a secret that the provider made up on its own")
    assert refused(liar) == "token_signature"


def test_keys_are_fetched_again_when_the_provider_changed_them(liar):
    client = liar.client()
    finish(liar, client)
    liar.published, liar.key = [OTHER_KEY], OTHER_KEY
    assert finish(liar, client).subject == "s1"
    assert liar.asked.count("/jwks") == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"state": "forged"}, "wrong_state"),
        ({"state": ""}, "wrong_state"),
        ({"state": "伪造"}, "wrong_state"),
        ({"iss": "https://evil.example"}, "wrong_issuer"),
        ({"error": "access_denied"}, "denied"),
        ({"code": ""}, "denied"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_before_the_code_is_used(liar, answer, code):
    assert refused(liar, **answer) == code
    assert "/token" not in liar.asked


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"issuer": "https://evil.example"}, "wrong_issuer"),
        ({"token_endpoint": "http://evil.example/token"}, "insecure_address"),
        ({"jwks_uri": "file:///etc/passwd"}, "insecure_address"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "insecure_address"),
        ({"jwks_uri": None}, "insecure_address"),
    ],
)
def test_a_description_that_leads_elsewhere_is_refused(liar, metadata, code):
    liar.metadata = metadata
    assert refused(liar) == code


def test_plain_http_is_refused_outside_this_machine(liar):
    with pytest.raises(ProviderRefused) as refusal:
        liar.client(issuer="http://idp.example").start(BACK)
    assert refusal.value.code == "insecure_address"


def test_a_provider_that_is_down_slow_huge_or_broken_is_given_up(liar, monkeypatch):
    monkeypatch.setattr(small_answers, "READ_SECONDS", 0.2)
    for change, code in (
        ({"padding": small_answers.MAX_BYTES}, "provider_too_large"),
        ({"status": 500}, "provider_status"),
        ({"status": 302}, "provider_status"),
        ({"pause_seconds": 0.5}, "provider_unreachable"),
    ):
        before = {name: getattr(liar, name) for name in change}
        for name, value in change.items():
            setattr(liar, name, value)
        assert refused(liar) == code
        for name, value in before.items():
            setattr(liar, name, value)
    gone = liar.client(issuer="http://127.0.0.1:9")
    with pytest.raises(ProviderRefused) as refusal:
        gone.start(BACK)
    assert refusal.value.code == "provider_unreachable"


def test_both_factors_count_only_where_the_provider_is_trusted_and_says_so(liar):
    liar.claims = {"amr": ["pwd", "otp"]}
    assert not finish(liar).has_both_factors
    assert finish(liar, liar.client(trusted_amr=("otp",))).has_both_factors
    liar.claims = {"amr": ["pwd"]}
    assert not finish(liar, liar.client(trusted_amr=("otp",))).has_both_factors
    liar.claims = {"acr": "urn:gov:high"}
    assert finish(liar, liar.client(trusted_acr=("urn:gov:high",))).has_both_factors
    assert not finish(liar, liar.client(trusted_acr=("urn:gov:other",))).has_both_factors
    liar.claims = {}
    assert not finish(liar, liar.client(trusted_acr=("",), trusted_amr=("",))).has_both_factors


def test_an_attempt_of_somebody_else_is_no_use(liar):
    client = liar.client()
    _address, attempt = client.start(BACK)
    liar.nonce = attempt.nonce
    theirs = Attempt("their-state", "their-nonce", "their-verifier")
    with pytest.raises(ProviderRefused):
        client.finish(theirs, {"state": attempt.state, "code": "c"}, BACK)
