"""Word lists: what says nothing about a subject, what says only what is done, what makes a heading empty."""

from __future__ import annotations

_COMMON_ENGLISH = """
accept accepted according accurate accurately allow allowed allows appropriate available based basic being both clear
clearly contain containing contains correct correctly corresponding could define defined different each easily easy
ensure ensured ensures etc every example exist exists expected feature features following functionality functionally
functions given handle handled handles have having implement implemented implementation implements include included
includes including individual kept least like make makes manner may minimal minimum more most multiple must need
needed needs new only other per perform possible properly provide provided provides relevant requirement requirements
respective returns return result results same separate shall should show shown shows simple single some someone
specified specific such suitable support supported supporting supports system system's take takes able application
program software solution tool use used user users user's uses using various via want well will within without work
works would nothing anything everything something nobody e.g i.e when where which while who whose that than then there
their them these this they those through until upon what with also always already and any are been before but can for
from has how into its just let nor not off once one onto our out over own set the too two three under was were you
your all between during after against because does did else either still never yet if in is it of on or so to up us we
an as at be by do no am me my he she his her a i
"""
_COMMON_ELSEWHERE = """
aber alle allen aller als auch auf aus bei beim bis das dass dem den der des die dies diese diesem diesen dieser durch
ein eine einem einen einer eines für gegen haben hat ihre ihr ist kann kein keine können mit muss müssen nach nicht
noch nur oder ohne sein seine sich sie sind sobald soll sollen sollte sowie über und unter vom von vor werden wenn wie
wird zum zur zwischen jede jeder jedes jedem jeden bereits damit dann wurde wurden es im er wir au aux avec ce ces
cette dans doit doivent du elle elles en est et être il ils la le les leur leurs lorsque mais ou où par pas peut
peuvent pour que qui sans ses si son sont sur toute toutes tout tous un une afin ainsi al como con cuando de debe
deben del desde donde el ella ellos entre esta este esto están hasta hay las los más muy para pero por puede pueden
ser sin sobre su sus también todo todos una uno y o se lo che da dal dalla dei della deve devono di e gli ha i nel
nella non per può quando questo sono tra à ao aos as com devem do dos em essa esse está não na nas nos os pela pelo
qual seja são sua suas
"""
_DOING = """
accept add allow analyze apply automatically be build calculate capable check choose come compare complete configure
consider convert correctly create define delete depend detect determine display do edit enable end enter execute
expect explain find follow generate get give go handle happen hold identify include keep know let list load look lose
maintain manage mark match move name offer open output pass prevent print process produce produced read receive record
refuse reject remain remove replace report require run save see select send set show start stay stop store take tell
throw treat trigger try turn understand update upload validate verify view visit wait write written connect approve
deny publish submit request cancel book reserve search filter sort pan tap click press type copy paste drag drop swipe
scroll zoom appear disappear adapt pick close track notify sign log call successfully fully
"""
_EMPTY = """
must-have must-haves should-have should-haves could-have could-haves nice-to-have nice-to-haves nice have haves could
will would won't edge context mvp phase milestone release v1 v2 software is are we you they how's next later now done
polish in out does do it its who what's why how work works what wanted behaviour behavior target personas persona part
parts global other wish wishes wishlist ideas future possible optional stretch mandatory contents story a acceptance
additional an and application architecture area areas assumptions aspects background basic brief business capabilities
considerations constraints core criteria definition dependencies description design details development document
experience feature features for functional functionalities functionality functions general goals high-level
implementation important introduction items key level list main major metrics minimum misc miscellaneous must needs
non non-functional nonfunctional notes objectives of open others overview points prd product project proposed purpose
quality questions requirement requirements roadmap scope section should solution specification specifications specs
stories success summary system technical technology template the to use user ux additional-requirements cases
components library libraries integrations apis allgemein allgemeine anforderung anforderungen funktionale funktionen
funktion fachliche nicht nichtfunktionale nicht-funktionale technische und übersicht ziele sonstiges weitere besoins
exigence exigences fonctionnelles fonctionnalités générales non-fonctionnelles techniques et características
funcionales funcionalidades generales no requisito requisitos técnicos y funzionali funzionalità generali requisiti
tecnici e funcionais gerais não 功能需求 非功能需求 需求 要件 機能要件 非機能要件 функциональные нефункциональные
требования
"""
_NOT_A_NAME = """
a after an as at before by each every example for from given how if in note on once otherwise the then these this
until upon what when where which why with
"""
_WEAK = """
api apis rules core data interface interfaces commands command states controls pages screens endpoints format formats
models model views structure structures events methods functions types shapes fields entities objects ui gui cli
desktop web mobile tests frontend backend server client css product products user users in out
"""
_UNITS = """
ms millisecond milliseconds second seconds sec minute minutes min hour hours day days week weeks month months quarter
year years percent kb mb gb tb byte bytes pixel pixels px euro euros dollar dollars eur usd time times number numbers
amount count thing things way ways case cases kind kinds lot bit today tomorrow monday tuesday wednesday thursday
friday saturday sunday example order text value values line lines word words
"""
_DESCRIBING = """
active automatic incomplete broken clean clear common complete current dark default empty existing external extra fast
final fine friendly full global good great hard high inactive initial internal invalid large last light local long low
main manual medium missing modern next nice normal old open optional original pure quick random raw ready real
real-time right left short silent simple single small smooth specific standard static strict unknown valid various
whole wrong plus minus first second third easy readable clickable hard-coded client-side server-side own top bottom
general best better
"""
_SAYING = """
are be can contains displays does errors gets has have includes is lists may must prints returns sets shall should
shows uses was were will
"""
_ACTORS = """
admin admins administrator administrators application app customer customers it one people program service software
system the tool user users we
"""

COMMON = frozenset(_COMMON_ENGLISH.split()) | frozenset(_COMMON_ELSEWHERE.split())
"""What every requirement says, whatever it is about; elsewhere: in German, French, Spanish, Italian, Portuguese."""

DOING = frozenset(_DOING.split())
"""What is done; a title would rather say to what."""

EMPTY = frozenset(_EMPTY.split())
"""What headings consist of that name a kind of text and not a subject."""

WEAK = frozenset(_WEAK.split())
"""Headings that are a subject, but say too little alone."""

UNITS = frozenset(_UNITS.split())
"""What is counted, measured or pointed at; no subject."""

DESCRIBING = frozenset(_DESCRIBING.split())
"""How things are."""

NOT_A_NAME = frozenset(_NOT_A_NAME.split())
"""What a name does not begin with."""

SAYING = frozenset(_SAYING.split())
"""What makes words before a colon a sentence and not a name."""

ACTORS = frozenset(_ACTORS.split())
"""Who every requirement is about."""
