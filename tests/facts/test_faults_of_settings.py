"""Every fault of scenario.toml, with its whole message."""
# ruff: noqa: E501 - a message is one line

import pathlib

import damage
import pytest
from damage import E, P, T, V, add, cut, edit, steps

CASES: dict[str, tuple[damage.Step, list[str]]] = {
    "no TOML": (
        edit(T, "days = 120", "days = = 120"),
        [
            "town/scenario.toml:8: found 'days = = 120                  # how many days to run' (Invalid value), expected settings in TOML; write key = value, texts in quotes, dates as 2017-06-06, tables as [name]"
        ],
    ),
    "an unclosed list": (
        add(T, "x = [1,"),
        [
            "town/scenario.toml:68: found the end of the file (Invalid value), expected settings in TOML; write key = value, texts in quotes, dates as 2017-06-06, tables as [name]"
        ],
    ),
    "a misspelt title": (
        edit(T, 'title = "Zahrat', 'titel = "Zahrat'),
        [
            "town/scenario.toml: key 'title': found nothing, expected a text in quotes; add it",
            "town/scenario.toml:4: key 'titel': found an unknown key, expected besieger, cohorts, currency, days, departures, limits, limits_ar, parameters, start, summary, summary_ar, title, title_ar, variants or zones; did you mean 'title'?",
        ],
    ),
    "an unknown key": (
        edit(T, "days = 120", "days = 120\nmemebrs = 3"),
        [
            "town/scenario.toml:9: key 'memebrs': found an unknown key, expected besieger, cohorts, currency, days, departures, limits, limits_ar, parameters, start, summary, summary_ar, title, title_ar, variants or zones; delete it"
        ],
    ),
    "days in quotes": (
        edit(T, "days = 120", 'days = "120"'),
        [
            "town/scenario.toml:8: key 'days': found '120', expected a number of days from 1 to 4000; write it without quotes"
        ],
    ),
    "no days": (
        edit(T, "days = 120", "days = 0"),
        [
            "town/scenario.toml:8: key 'days': found '0', expected a number of days from 1 to 4000; write how long it runs"
        ],
    ),
    "half a day": (
        edit(T, "days = 120", "days = 1.5"),
        [
            "town/scenario.toml:8: key 'days': found '1.5', expected a number of days from 1 to 4000; write a whole number"
        ],
    ),
    "days that are true": (
        edit(T, "days = 120", "days = true"),
        [
            "town/scenario.toml:8: key 'days': found 'true', expected a number of days from 1 to 4000; write how long it runs"
        ],
    ),
    "days beyond 64 bits": (
        edit(T, "days = 120", "days = 0x" + "f" * 40),
        [
            "town/scenario.toml:8: key 'days': found '160 bits', expected a number of days from 1 to 4000; write it in digits, with a decimal point if needed"
        ],
    ),
    "a start with a time": (
        edit(T, "start = 2030-03-01", "start = 2030-03-01T10:00:00"),
        [
            "town/scenario.toml:7: key 'start': found a date with a time, expected a date like 2017-06-06; write 2030-03-01"
        ],
    ),
    "a start in words": (
        edit(T, "start = 2030-03-01", 'start = "1 March 2030"'),
        [
            "town/scenario.toml:7: key 'start': found '1 March 2030', expected a date like 2017-06-06; write year-month-day"
        ],
    ),
    "an impossible start": (
        edit(T, "start = 2030-03-01", "start = 2030-02-30"),
        [
            "town/scenario.toml:7: key 'start': found '2030-02-30', expected a date that exists; February 2030 has 28 days"
        ],
    ),
    "a start in month 13": (
        edit(T, "start = 2030-03-01", "start = 2030-13-01"),
        [
            "town/scenario.toml:7: key 'start': found '2030-13-01', expected a date that exists; there is no month 13; write year-month-day"
        ],
    ),
    "a start without its zeros": (
        edit(T, "start = 2030-03-01", "start = 2030-3-1"),
        ["town/scenario.toml:7: key 'start': found '2030-3-1', expected a date that exists; write 2030-03-01"],
    ),
    "a line with a good date and another fault": (
        edit(T, "start = 2030-03-01", "start = 2030-03-01 x"),
        [
            "town/scenario.toml:7: found 'start = 2030-03-01 x          # the first day, year-month-d…' (Expected newline or end of document after a statement), expected settings in TOML; write key = value, texts in quotes, dates as 2017-06-06, tables as [name]"
        ],
    ),
    "a start that is a table": (
        edit(T, "start = 2030-03-01", "start = {}"),
        [
            "town/scenario.toml:7: key 'start': found a table, expected a date like 2017-06-06; write year-month-day without quotes"
        ],
    ),
    "a currency that is a number": (
        edit(T, 'currency = "XTS"', "currency = 7"),
        ["town/scenario.toml:9: key 'currency': found '7', expected a text; put it in quotes"],
    ),
    "no currency": (
        edit(T, 'currency = "XTS"', ""),
        [
            "town/scenario.toml: key 'currency': found nothing, expected a text in quotes; write its code, such as \"SYP\""
        ],
    ),
    "an empty currency": (
        edit(T, 'currency = "XTS"', 'currency = " "'),
        ["town/scenario.toml:9: key 'currency': found an empty text, expected a text; write its code, such as \"SYP\""],
    ),
    "unknown departures": (
        edit(T, '"simulated"', '"simulate"'),
        [
            "town/scenario.toml:10: key 'departures': found 'simulate', expected simulated or given; did you mean 'simulated'?"
        ],
    ),
    "fewer limits in Arabic": (
        edit(T, "\n[besieger]", 'limits_ar = ["النموذج يعدّ الأشخاص."]\n\n[besieger]'),
        [
            "town/scenario.toml:17: key 'limits_ar': found 1 sentences, expected 2, as many as in limits; write one for each of limits, in their order"
        ],
    ),
    "a number among limits": (
        edit(T, 'limits = [\n  "Tunnels', 'limits = [3, \n  "Tunnels'),
        [
            'town/scenario.toml:13: key \'limits\': found a list with something else in it, expected a list of texts; write ["…", "…"]'
        ],
    ),
    "a besieger without a name": (
        edit(T, '[besieger]\nname = "the besieger"', '[besieger]\nnane = "the besieger"'),
        [
            "town/scenario.toml:18: key 'name': found nothing, expected a text in quotes; write who holds the place",
            "town/scenario.toml:19: key 'nane': found an unknown key, expected name; did you mean 'name'?",
        ],
    ),
    "zones in single brackets": (
        steps(edit(T, "[[zones]]", "[zones]")),
        ["town/scenario.toml:22: key 'zones': found a table, expected tables [[zones]]; write each under [[zones]]"],
    ),
    "a zone that stands twice": (
        edit(T, "[[zones]]\n", '[[zones]]\nid = "town"\n\n[[zones]]\n'),
        ["town/scenario.toml:26: key 'id': found 'town' again, expected each id once; rename one of the zones"],
    ),
    "a zone without a home": (
        edit(T, "[[zones]]\n", '[[zones]]\nid = "plain"\n\n[[zones]]\n'),
        [
            "town/scenario.toml:22: key 'zones': found 'plain' without a home, expected a home of it in places.csv; add one, or delete the zone"
        ],
    ),
    "a zone called like a place": (
        steps(
            edit(T, 'id = "town"', 'id = "orchard"'),
            *[edit(x, ",town,", ",orchard,", everywhere=True) for x in (P, E, V)],
        ),
        [
            "town/scenario.toml:22: key 'zones': found 'orchard', also the id of a place, expected an id of its own; rename the zone or the place"
        ],
    ),
    "shares that do not add up": (
        edit(T, "share = 0.6", "share = 0.5"),
        [
            "town/scenario.toml:28: key 'cohorts': found shares that add up to 0.9, expected shares that add up to 1; change the shares"
        ],
    ),
    "a share in percent": (
        edit(T, "share = 0.6", "share = 60"),
        [
            "town/scenario.toml:30: key 'share': found '60', expected a share above 0 and up to 1; write a share: 0.5 for half"
        ],
    ),
    "no savings": (
        edit(T, "savings = 15000", "savings = 0"),
        [
            "town/scenario.toml:31: key 'savings': found '0', expected savings of a person above 0; write a sum above 0 in the currency"
        ],
    ),
    "a cohort without savings": (
        edit(T, "savings = 15000", ""),
        [
            "town/scenario.toml:28: key 'savings': found nothing, expected savings of a person above 0; write a sum above 0 in the currency"
        ],
    ),
    "a cohort that stands twice": (
        edit(T, 'name = "rich"', 'name = "poor"'),
        ["town/scenario.toml:39: key 'name': found 'poor' again, expected each name once; rename one of the cohorts"],
    ),
    "no cohorts": (
        cut(T, "[[cohorts]]", "# Parameters that differ"),
        [
            "town/scenario.toml: key 'cohorts': found nothing, expected at least one cohort, as departures are simulated; add [[cohorts]] with name, share and savings"
        ],
    ),
    "a key of the top below a table": (
        edit(T, "savings = 300000", 'savings = 300000\nsummary = "x"'),
        [
            "town/scenario.toml:42: key 'summary': found an unknown key, expected name, savings or share; move it above the first line that begins with ["
        ],
    ),
    "unknown parameter": (
        edit(T, "price_start = 30000", "price_strat = 30000"),
        [
            "town/scenario.toml:45: key 'price_strat': found an unknown parameter, expected a name of parameters.csv; did you mean 'price_start'?"
        ],
    ),
    "a parameter out of bounds": (
        edit(T, "price_start = 30000", "price_start = -1"),
        [
            "town/scenario.toml:45: key 'price_start': found '-1', expected a value from 0.01 to 100000000; price_start is in currency/person: price of guided passage on the first day"
        ],
    ),
    "a parameter in words": (
        edit(T, "price_start = 30000", 'price_start = "high"'),
        [
            "town/scenario.toml:45: key 'price_start': found 'high', expected a value from 0.01 to 100000000; write it without quotes"
        ],
    ),
    "an unknown prior": (
        edit(T, "lognormal 0.4", "lognormall 0.4"),
        [
            "town/scenario.toml:46: key 'prior': found 'lognormall 0.4', expected fixed, uniform, or lognormal, normal or logitnormal with a standard deviation, then perhaps '; drift' and one; did you mean 'lognormal'?"
        ],
    ),
    "a drift of what is read once": (
        edit(T, "price_start = 30000", 'price_start = { prior = "lognormal 0.3; drift 0.1" }'),
        [
            "town/scenario.toml:45: key 'price_start.prior': found a drift, expected none, as it is read at the start of a run only; leave out the drift"
        ],
    ),
    "a prior without a deviation": (
        edit(T, "lognormal 0.4", "lognormal"),
        [
            "town/scenario.toml:46: key 'prior': found 'lognormal', expected fixed, uniform, or lognormal, normal or logitnormal with a standard deviation, then perhaps '; drift' and one; write for example lognormal 0.3"
        ],
    ),
    "a negative deviation": (
        edit(T, "lognormal 0.4", "lognormal -1"),
        [
            "town/scenario.toml:46: key 'prior': found '-1', expected a standard deviation above 0 and up to 10; write for example 0.3"
        ],
    ),
    "a deviation of a fixed prior": (
        edit(T, "lognormal 0.4", "fixed 1"),
        [
            "town/scenario.toml:46: key 'prior': found 'fixed 1', expected fixed, uniform, or lognormal, normal or logitnormal with a standard deviation, then perhaps '; drift' and one; write only fixed"
        ],
    ),
    "a default outside its own bounds": (
        edit(T, "default = 1.2", "default = 1.2, upper = 1"),
        [
            "town/scenario.toml:46: key 'deaths_per_strike.default': found '1.2', expected a number from 0.2 to 1; write a value within the bounds"
        ],
    ),
    "bounds upside down": (
        edit(T, "default = 1.2", "default = 1.2, lower = 3, upper = 2"),
        [
            "town/scenario.toml:46: key 'deaths_per_strike.lower': found '3', expected a lower bound up to 2; exchange the bounds"
        ],
    ),
    "a logit of a number above 1": (
        edit(T, "lognormal 0.4", "logitnormal 0.4"),
        [
            "town/scenario.toml:46: key 'deaths_per_strike.prior': found 'logitnormal', expected a default between 0 and 1; use a normal prior, or a default between 0 and 1"
        ],
    ),
    "a misspelt key of a parameter": (
        edit(T, "default = 1.2", "defualt = 1.2"),
        [
            "town/scenario.toml:46: key 'defualt': found an unknown key, expected default, lower, prior or upper; did you mean 'default'?"
        ],
    ),
    "an illegal name of a variant": (
        edit(T, "[variants.corridor]", "[variants.Corridor_400]"),
        [
            "town/scenario.toml:56: key 'Corridor_400': found 'Corridor_400', expected a name of small letters, digits and hyphens; write for example bridges-kept"
        ],
    ),
    "a variant that is a number": (
        edit(T, "[variants.cash-grants]", "[variants]\nplain = 3\n[variants.cash-grants]"),
        [
            "town/scenario.toml:64: key 'plain': found '3', expected a table; write [variants.plain] with title, rationale, events"
        ],
    ),
    "a variant that changes nothing": (
        edit(T, "parameters = { passage_grant = 30000 }", ""),
        [
            "town/scenario.toml:63: key 'cash-grants': found a variant that changes nothing, expected events or parameters; add what is different, or delete it"
        ],
    ),
    "a variant without a title": (
        edit(T, 'title = "The ferry keeps running"', ""),
        [
            "town/scenario.toml:49: key 'title': found nothing, expected a text in quotes; say in a few words what is different"
        ],
    ),
    "an unknown parameter in a variant": (
        edit(T, "passage_grant = 30000", "passage_grants = 30000"),
        [
            "town/scenario.toml:66: key 'passage_grants': found an unknown parameter, expected a name of parameters.csv; did you mean 'passage_grant'?"
        ],
    ),
    "a parameter out of bounds in a variant": (
        edit(T, "passage_grant = 30000", "passage_grant = -5"),
        [
            "town/scenario.toml:66: key 'passage_grant': found '-5', expected a value from 0 to 10000000; passage_grant is in currency/person: cash grant for passage; zero unless a what-if gives one"
        ],
    ),
    "an unknown kind in a variant": (
        edit(T, 'kind = "corridor"', 'kind = "coridor"'),
        [
            "town/scenario.toml:60: key 'kind': found 'coridor', expected strikes, conflict, fighting, holder, exit_ban, fighters, route, crossing, place, capacity, shelter_cost, mines, corridor or truce; did you mean 'corridor'?"
        ],
    ),
    "an unknown target in a variant": (
        edit(T, 'target = "east-quarter>orchard"', 'target = "east-quarter>orchad"'),
        [
            "town/scenario.toml:60: key 'target': found 'east-quarter>orchad', expected a route, as the kind is corridor; did you mean 'east-quarter>orchard'?"
        ],
    ),
    "a word for a number in a variant": (
        edit(T, "value = 400", 'value = "many"'),
        [
            "town/scenario.toml:60: key 'value': found 'many', expected people a day, 0 or more, as the kind is corridor; write it in digits, with a decimal point if needed"
        ],
    ),
    "a truth for a word in a variant": (
        edit(T, 'value = "open"', "value = true"),
        ["town/scenario.toml:53: key 'value': found 'true', expected a number or a word; write 0.5 or \"open\""],
    ),
    "dates upside down in a variant": (
        edit(T, "until = 2030-05-14", "until = 2030-04-14"),
        [
            "town/scenario.toml:60: key 'until': found '2030-04-14', expected a date from 2030-05-01 on; exchange the dates, or leave it blank for ever"
        ],
    ),
    "an unknown key in a variant": (
        edit(T, "until = 2030-05-14", "to = 2030-05-14"),
        [
            "town/scenario.toml:60: key 'to': found an unknown key, expected from, kind, note, source, target, until or value; delete it"
        ],
    ),
    "an event of a variant after the end": (
        edit(T, "from = 2030-05-01, until = 2030-05-14", "from = 2031-05-01"),
        [
            "town/scenario.toml:60: key 'from': found '2031-05-01', expected a date from 2030-03-01 to 2030-06-28; correct the date, or make the run longer"
        ],
    ),
    "an event of a variant that is a text": (
        edit(T, "events = [\n  { from = 2030-04-10", 'events = [ "x", \n  { from = 2030-04-10'),
        [
            "town/scenario.toml:52: key 'events': found a list with something else in it, expected tables [[events]]; write each under [[events]]"
        ],
    ),
    "a parameter that is a list": (
        edit(T, "price_start = 30000", "price_start = [1]"),
        [
            "town/scenario.toml:45: key 'price_start': found a list, expected a value from 0.01 to 100000000; price_start is in currency/person: price of guided passage on the first day"
        ],
    ),
    "a NUL escape": (
        edit(T, 'currency = "XTS"', 'currency = "X\\u0000S"'),
        ["town/scenario.toml:9: key 'currency': found a NUL character, expected a text; delete it"],
    ),
    "lists in lists in lists": (
        add(T, "x = " + "[" * 5000 + "]" * 5000),
        [
            "town/scenario.toml: found values nested too deeply, expected settings in TOML; write it as the template does"
        ],
    ),
    "a number of 5,000 digits": (
        add(T, "x = " + "1" * 5000),
        [
            "town/scenario.toml: found a number that is too long, expected settings in TOML; write it as the template does"
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_damaged_settings_are_described_with_their_cure(case: str, tmp_path: pathlib.Path) -> None:
    step, messages = CASES[case]
    root = damage.town(tmp_path)
    step(root)
    assert damage.faults_of(root).split("\n") == messages
