"""The words that sentences about software are made of. Lists only; what they mean is in `wording`."""

from __future__ import annotations

BEHAVIOURS = frozenset(
    "abort accept activate add adjust aggregate alert align allow analyse analyze announce answer append apply approve "
    "archive ask assign attach authenticate authorise authorize autosave back batch block boot book break buffer build "
    "bundle cache calculate call cancel capture carry catch change charge check choose classify clean clear click close collapse "
    "collect combine come compare compile complete compress compute configure confirm connect consume contain continue control convert copy "
    "correct count cover create crop cut deactivate debounce decode decrypt dedupe deduplicate define delay delete deliver deny "
    "deploy derive detect determine dim disable disallow discard disconnect dispatch display distribute download drain draw drive drop "
    "edit email emit enable encode encrypt end enforce ensure enter erase escape estimate evaluate execute exit expand "
    "expire explain export expose extract fade fail fall feed fetch fill filter find finish fit flag flash flush fold follow force "
    "format forward freeze gain generate get give go grant group grow guarantee guard guide handle hash hide highlight hold identify ignore implement "
    "import include increase increment index indicate inform inherit initialise initialize insert install integrate interrupt invalidate invite "
    "invoke issue join jump keep label last launch lay lead learn leave let limit link list listen load localise localize lock log look "
    "lose lower maintain make map mark mask match measure merge migrate mirror monitor move mute name navigate normalise "
    "normalize notify number offer omit open order output overwrite pair parse pass paste pause perform permit persist pick ping play "
    "point poll populate post power prefix prepare present preserve prevent preview print prioritise prioritize process produce prompt propose protect "
    "provide publish pull push put queue quit quote raise rank reach react read rebuild recalculate receive recognise recognize "
    "recompute reconnect record recover redirect redo reduce refer reflect refresh refuse register reject reload rely remain remember remind remove render "
    "reopen repeat replace replay reply report request require rerun reset resize resolve respond restart restore "
    "restrict result resume retain retrieve retry return reuse reveal revert revoke roll rotate round route run sample sanitise sanitize save say scale "
    "scan schedule score scroll search see select send separate serve set share shift show shrink shut shuffle sign simulate skip sleep "
    "snap sort spawn specify split stage start state stay step stop store stream strip submit subscribe suggest summarise summarize supply "
    "support suppress survive switch sync synchronise synchronize tag take tell terminate throttle throw tick toggle touch track train "
    "transcribe transfer transform transition translate transmit treat trigger trim truncate turn type undo unlock unpack unsubscribe update upgrade upload "
    "use utilise utilize validate verify view vibrate visualise visualize wait wake walk warn watch weight wipe withdraw work wrap write yield zoom".split()
)
"""What software or its users do, in the base form."""

PARTICIPLES = frozenset(
    "kept sent shown written read stored built done made given taken held hidden drawn put set run split cut bound chosen "
    "broken frozen thrown driven sorted logged found left lost paid sold told spent met won begun lit overwritten rewritten "
    "spawned fed seen grown understood withdrawn rebuilt reset undone hit shut caught taught bought brought".split()
)

NOT_PASSIVE = frozenset(
    "called named based owned used known intended considered aimed designed meant located described defined listed planned "
    "interested supposed inspired motivated concerned involved tired excited pleased related structured organized "
    "organised outlined discussed documented attached scheduled expected estimated approved decided needed published red indeed".split()
)
"""``is based`` says what is, not what shall be."""

SYSTEM_WORDS = frozenset(
    "app apps application applications system systems tool tools program programs script service services server servers client clients api apis page pages screen screens view views "
    "button buttons dialog command commands cli ui gui interface library package module modules component components device devices "
    "firmware software product platform website site web dashboard bot plugin extension game player players user users admin admins administrator "
    "administrators customer customers operator operators visitor visitors member members editor editors viewer viewers manager managers guest "
    "guests owner owners it they each every all any both everything everyone anyone anybody everybody nobody nothing no none file files list lists output "
    "input report reports message messages notification notifications result results error errors request requests response responses "
    "endpoint endpoints database table tables field fields form forms row rows column columns entry entries record records item items "
    "data value values number setting settings option options flag log logs job jobs task tasks worker workers queue pipeline model "
    "models session sessions password passwords account accounts search filter menu map chart import export upload uploads download "
    "if when whenever once while on after before during clicking pressing tapping opening selecting only".split()
)
"""A plain statement about one of these is taken for a requirement even where nothing says "must"."""

UNITS = (
    r"ms|msec|milliseconds?|µs|us|ns|s|secs?|seconds?|min|mins|minutes?|h|hrs?|hours?|days?|weeks?|months?|years?|"
    r"b|kb|kib|mb|mib|gb|gib|tb|tib|bytes?|bits?|kbps|mbps|gbps|baud|hz|khz|mhz|ghz|fps|px|pixels?|dpi|pt|dp|rem|em|%|percent|"
    r"°c|°f|celsius|kelvin|v|mv|volts?|a|ma|µa|ua|amps?|w|mw|kw|kwh|watts?|mah|db|dbm|g|kg|mg|grams?|m|cm|mm|km|metres?|meters?|"
    r"rpm|rps|qps|tps|req/s|requests?|users?|rows?|lines?|characters?|chars?|digits?|words?|letters?|items?|entries|records?|files?|pages?|"
    r"columns?|cells?|times?|attempts?|retries|tries|connections?|threads?|workers?|cores?|cpus?|nodes?|devices?|messages?|events?|"
    r"points?|levels?|steps?|decimals?|places?|results?|tests?|calls?|clicks?|taps?|minutes|players?|frames?|images?|documents?|tickets?|eur|usd|gbp|€|\$"
)
