"""What a heading is about: whether requirements stand under it, and which.

A title is judged by its parts ("Goals & Objectives" has two) and by their head: the last word ("Key technical
risks") or the first ("Definition of terms"). A title that fits nothing is `Topic.OTHER`, and what stands under it counts.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache


class Topic(Enum):
    """Kinds of sections."""

    OTHER = "other"
    """A title that says nothing about its role: "Checkout"."""
    NEEDS = "needs"
    """Requirements, features, rules, interface, data."""
    QUALITY = "quality"
    """Non-functional requirements and constraints."""
    CRITERIA = "criteria"
    """Acceptance criteria or scenarios."""
    STORIES = "stories"
    """User stories, epics."""
    DESIGN = "design"
    """Architecture and technical notes: only sentences that ask for something count."""
    INTRO = "intro"
    """Overview, summary, scope: only "the system must ..." counts."""
    SCOPE = "scope"
    """What is in scope, use cases: counts only where the PRD has no requirement section."""
    STORYTELLING = "storytelling"
    """Background, goals, roadmap: nothing counts, but a requirement heading inside it is one."""
    NEVER = "never"
    """Out of scope, risks, glossary: nothing counts, whatever stands inside."""
    RECORD = "record"
    """History, team, status: nothing counts, but among features it is the name of one."""
    EXAMPLES = "examples"
    """Examples and gates: nothing counts; examples are read from it."""
    ORDER = "order"
    """A build order: says again what stands elsewhere, and what comes first."""


ASKS = frozenset({Topic.NEEDS, Topic.QUALITY, Topic.CRITERIA, Topic.STORIES})
"""Headings that announce requirements."""

CLOSED = frozenset({Topic.NEVER, Topic.RECORD, Topic.EXAMPLES, Topic.ORDER})
"""Topics that no heading inside them changes."""

ASIDES = frozenset({Topic.NEVER, Topic.EXAMPLES, Topic.STORYTELLING})
"""Topics under which nothing is a requirement, not even in front of a colon: "Risk: ..."."""

SILENT = frozenset({Topic.NEVER, Topic.RECORD, Topic.EXAMPLES, Topic.STORYTELLING})
"""Topics under which nothing is a requirement."""

_WHOLE: tuple[tuple[Topic, str], ...] = (
    (Topic.NEVER,
     r"out[- ]of[- ]scope|not in scope|non[- ]?goals?|anti[- ]goals|won'?t[- ]have|will not (?:have|do|build)|\bfuture\b|\bdeferred\b|post[- ]mvp|"
     r"^how to (?:read|use this)|^not\b(?! (?:found|signed|logged|authori))|^nicht\b|^cut\b|\b(?:maybe|someday) later\b|^maybe\b|^(?:rejected|discarded|excluded|skipped)\b|not part of|parked|shelved|dropped|postponed|on ice|ice ?box|some ?day|no[- ]gos?\b|don'?ts\b|things we (?:won'?t|will not|do not|don'?t)|non[- ]requirements|post[- ]launch|unresolved|outstanding (?:issues|questions|points)|"
     r"^success\b|what (?:good|success) looks like|how (?:we|do we|to|will we|we'll|we will) (?:measure|know)|what we (?:measure|track)|^(?:known )?unknowns|uncertainties|^ideas\b|^(?:terms|words|abbreviations)\b|^(?:award|selection) criteria|"
     r"^what we have\b|\bwe (?:already )?have$|^available (?:hardware|equipment|resources|tools)|^(?:test )?equipment$|"
     r"to be (?:clarified|decided)|(?:possible|potential|planned) (?:extensions?|enhancements?|additions?)|ideas for later|follow[- ]ups?|judging|evaluation criteria|grading|rubric|not (?:today|yet|for now|included|planned|doing|now|in (?:v\d|version|the|this))|what we (?:do not|don'?t|won'?t|are not|aren'?t)|explicitly not|key files|files? (?:to|expected)|"
     r"existing code|open (?:questions?|issues?|points?)|nicht[- ]ziele|außerhalb des|nicht im (?:umfang|scope)|ausblick|zukünftig|later versions?|for later|"
     r"measur\w+ (?:of )?success|success (?:metrics?|criteria|measures?|indicators?)|measurable outcomes|不在范围|范围外|非目标|未来|开放问题|hors (?:du )?périmètre|fuera de alcance|"
     r"페르소나|범위 외|제외|향후|위험|리스크|용어|참고|ペルソナ|リスク|用語|対象外|スコープ外|今後"),
    (Topic.CRITERIA,
     r"acceptance (?:criteri|tests?|scenario|condition|check)|^(?:user )?acceptance$|akzeptanzkriterien|abnahmekriterien|conditions? of satisfaction|done when|验收|critères d.acceptation|criterios de aceptación|"
     r"success conditions"),
    (Topic.QUALITY,
     r"non[- ]?functional|nicht[- ]?funktionale?|quality (?:attributes?|requirements?)|qualitätsanforderungen|非功能|非機能|cross[- ]functional requirements|\bnfrs?\b|no funcionales|non fonctionnelles"),
    (Topic.ORDER, r"dependency (?:chain|order|graph)|(?:build|implementation|development|work) (?:order|sequence)|order of (?:work|implementation|development)"),
    (Topic.STORYTELLING, r"^(?:why|who\b|(?:the )?happy path|walk-?through|a day in|a typical|where we|who we|how we|how it works (?:today|now)|what(?:'s| is) wrong|what (?:happened|exists|was said)|the (?:situation|story|challenge|pain|status quo|setting|company|starting point)|about\b(?! (?:page|screen|dialog|box))|"
     r"our (?:company|situation|customers|story)|starting point|initial situation|existing (?:system|process|solution|situation|tool)|current (?:system|process|solution|situation|tool|state|setup|workflow|practice)|today\b|legacy (?:system|process)|as-is)|"
     r"^(?:market|business|project|product|company|customer|historical|strategic|problem|user) (?:context|background|situation|problems?|environment)$"),
    (Topic.STORYTELLING, r"worum es geht|배경|목표|플로우|로드맵|개요|背景|目的|ロードマップ"),
    (Topic.STORIES, r"user stor(?:y|ies)|job stories|user scenarios?|用户故事|historias de usuario"),
)  # fmt: skip
"""Phrases that decide wherever they stand in a title."""

_HEADS: tuple[tuple[Topic, str], ...] = (
    (Topic.NEVER,
     "exclusions?|excluded|later|questions?|questions and answers|faq|risks?|mitigations?|risk (?:assessment|register|analysis)|glossary|terms|terms/concepts explanation|"
     "concepts explanation|explanation of terms|(?:terms and |acronyms and )?definitions(?: and (?:acronyms|abbreviations|terms))|terminology|abbreviations|acronyms|personas?|stakeholders?|(?:primary|secondary|end|our|main) users?|target (?:users?|audience|group|market)|audience|who is it for|user (?:types|base|segments|research)|"
     "market|market (?:analysis|research|size|opportunity)|competit(?:ors|ion|ive analysis|ive landscape)|competitive analysis|alternatives|alternatives considered|prior art|references?|further reading|"
     "related (?:documents|work|links|issues)|revision history|version history|document history|document (?:control|information|status)|change ?log|change history|history of changes|"
     "milestones?|team members|roles and responsibilities|raci|sign[- ]off|table of contents|toc|decision log|"
     "revision notes|release notes|validation plan|change notes|revisions|vocabulary|work (?:packages|plan)|project organi[sz]ation|action items|swot(?: analysis)?|business model|conventions used|document conventions|"
     "acknowledge?ments?|interviews?|survey results|trade-?offs?|drawbacks|downsides|caveats|pros and cons|consequences|staffing|decisions? (?:taken|made|so far)|decided|what was decided|distribution list|document info(?:rmation)?|customer quotes|user research|"
     "traceability(?: matrix)?|kpis?|kpi|okrs?|analytics goals|go[- ]to[- ]market|launch plan|release plan|rollout plan|marketing plan|pricing strategy|parking lot|"
     "offene (?:fragen|punkte)|risiken|glossar|begriffe|abkürzungen|zeitplan|meilensteine|beteiligte|zielgruppen?|ansprechpartner|änderungshistorie|änderungsverlauf|anhang|referenzen|"
     "术语|术语表|名词解释|风险|里程碑|时间表|里程碑计划|成功指标|目标用户|用户画像|参考资料|变更记录|glossaire|glosario|risques|riesgos|calendrier|calendario|team notes|meeting notes|"
     "assignees?|known (?:issues|limitations)|lessons learned|next steps|checklist results report|submission checklist|demo script|pitch|team split|cut|cut (?:list|without hesitation)|document control|user profiles?|what we are not building|rollout|delivery and acceptance|terms of delivery|warranty|liability|(?:payment|commercial|legal) terms|contract|procurement"),
    (Topic.RECORD,
     "backlog|links|resources|reading|changes|history|timelines?|schedule|team|teams?|contacts?|people|budget|costs?|approvals?|contents|decisions?|metrics?|marketing|ideas|status|"
     "estimates?|users|the users?|owners?|reviewers?|authors?|meta|metadata|attachments?|limitations|checklist|definitions?|definition of .*|comparison|evidence|findings|insights|surveys?|"
     "evaluation(?: plan)?|experiments?|verification|pilot|beta|launch|go[- ]live|releases?|communication|meetings?|governance|training|price|prices|pricing|money|funding|key dates|dates|"
     "deadlines?|timing|sprints?|iterations|increments|priorities|outcomes?|roi|customers|actors|concerns|worries|options|observations|learnings|incidents|quotes|testimonials|inspiration|"
     "mood ?board|legend|licen[cs]e|bibliography|reviews?|analytics|tracking|actions|next meeting|monetization|monetisation|revenue|conventions?|notation|thanks|credits|effort|"
     "today|plan|phases|releases|flows?|feedback|impact|opportunity|benefits|strategy|drivers|issues|challenges?|situation|scenarios?|origin|basics|primer|theory|product name|who does what|"
     "equipment|procedure|process|dependencies graph|faq"),
    (Topic.EXAMPLES,
     "examples?|example (?:usage|session|sessions|output|input|data|requests?|responses?|runs?|files?)|sample (?:output|input|data|session|files?|run)|usage examples?|quality gates?|(?:release|exit|launch|entry|go/no-go) criteria|gates?|how to test|test (?:data|equipment|environment|setup|strategy)|definition of done|definition of ready|dod|checks|beispiele?|示例|例子"),
    (Topic.QUALITY,
     "quality bar|speed|efficiency|latency|throughput|capacity|uptime|stability|resilience|fault tolerance|energy|battery|footprint|(?:must |should |has to )?(?:runs?|works?) on|supported (?:browsers|devices|systems|versions)|operational|operations|(?:operating |target )?environment|target platforms?|constraints?|(?:security|performance|privacy|safety|accessibility|compliance) considerations|performance|performance (?:requirements|targets|goals|budget)|security|reliability|availability|scalability|usability|accessibility|a11y|maintainability|supportability|testability|portability|compatibility|"
     "privacy|compliance|observability|quality|robustness|localisation|localization|internationalisation|internationalization|i18n|browser support|platform support|supported platforms|platforms|"
     "service levels?|slas?|slos?|regulatory|legal|data protection|rahmenbedingungen|randbedingungen|einschränkungen|leistung|sicherheit|performanz|datenschutz|"
     "性能|安全|性能要求|安全要求|约束|contraintes|restricciones|power|power consumption|memory|resource limits|limits|safety|environmental|non[- ]?functionals?"),
    (Topic.STORIES, "stories|epics?|epic list|epic details?|story"),
    (Topic.NEEDS,
     r"(?:the )?things (?:that )?(?:\S+ ){1,8}(?:must|should|shall|needs? to|ha(?:s|ve) to) (?:do|have|support)|requirements?|features?|functionalit(?:y|ies)|functions?|capabilit(?:y|ies)|functional|specifications?|spec|must[- ]haves?|should[- ]haves?|could[- ]haves?|nice[- ]to[- ]haves?|nice to have|"
     "musts?|must|should|could|optional|stretch|stretch goals?|wish ?list|mvp|mvp scope|minimum viable product|(?:more |further )?details|specifics|look|guardrails|policies|business rules|rules|game rules|validation|validation rules|edge cases|corner cases|error handling|errors|error cases|"
     "behaviou?rs?|expected behaviou?rs?|commands?|what (?:it|the (?:tool|app|system|bot|game|thing|program)|we) (?:should|must|needs? to|shall) do|what we(?:'re| are| will| want to| plan to)? (?:build(?:ing)?|deliver(?:ing)?|ship(?:ping)?)|what (?:we|i) (?:need|want|would like)|needs|wishes|what it (?:does|must do)|must do|"
     "user interactions?|interactions?|(?:ui|visual|interaction) design|user interface|ui|ux|gui|ui/ux|user experience|interface|screens?|layout|look and feel|design requirements?|(?:user interface|ui|ux|ui/ux) design goals|ui/ux considerations|ui considerations|ux considerations|data|data requirements?|data model|"
     "inputs?|outputs?|input format|output format|notifications?|permissions|reporting|deliverables?|controls|gameplay|mechanics|game mechanics|win conditions?|"
     "anforderungen|funktionale anforderungen|funktionen|funktionsumfang|muss|soll|kann|muss[- ]kriterien|soll[- ]kriterien|kann[- ]kriterien|wunschkriterien|oberfläche|benutzeroberfläche|"
     "功能|需求|功能需求|功能要求|功能列表|核心功能|数据|界面|機能要件|機能|要件|要求|exigences|fonctionnalités|besoins|requisitos|funcionalidades"),
    (Topic.DESIGN,
     "architecture|technical assumptions(?: and requests)?|technical decisions|technical (?:considerations?|design|approach|details?|notes?|implementation|overview|stack|context|architecture|specifications?)|considerations?|implementation|implementation (?:notes?|details?|plan|strategy)|tech(?:nology)? stack|stack|technology|technologies|"
     "infrastructure|apis?|apis & integrations|api design|endpoints?|interfaces|integrations?|dependencies|external dependencies|libraries|third[- ]party (?:libraries|services)|deployment|system (?:components|design|context)|components|design|database schema|schema|"
     "design notes|notes|appendix|appendices|architektur|technik|technische (?:hinweise|umsetzung|details)|abhängigkeiten|schnittstellen|技术架构|技术方案|架构|接口|依赖|architecture technique|arquitectura|design considerations?|migration|migration notes"),
    (Topic.SCOPE, "(?:the )?product|(?:the |our |proposed |suggested )?(?:solution|proposal|approach|concept)|scope|in scope|use cases?|in[- ]scope|project scope|product scope|scope of work|umfang|范围|lieferumfang|anwendungsfälle|用例"),
    (Topic.INTRO,
     "(?:key |data |domain )?entities|(?:product|project|executive|system|general|overall|requirements?|features?|technical|solution|business|document|app|high-level|functional|short) (?:overview|summary|description|introduction)|in (?:one sentence|short|brief|a nutshell|a word)|one[- ]liner|tagline|what it is|what is it|what is this|what this is|overview|introduction|intro|summary|executive summary|abstract|tl;?dr|description|product description|project description|about|about this document|general|elevator pitch|"
     "einleitung|überblick|zusammenfassung|einführung|kurzbeschreibung|allgemeines|概述|简介|总览|introducción|résumé|resumen|user input|input prompt"),
    (Topic.STORYTELLING,
     "background|context|problem|problem statement|problems?|motivation|rationale|why|why now|purpose|vision|mission|goals?|objectives?|business (?:goals|case|context|value|objectives)|aims?|"
     "user (?:class(?:es)?|characteristics)(?: and characteristics)?|product perspective|intended (?:use|audience)|jobs[- ]to[- ]be[- ]done|(?:use|usage|typical|example) scenarios?|roadmap|development roadmap|product roadmap|plan|development phases|project plan|user (?:flows?|journeys?)|key user flows?|key flows|journeys?|current (?:state|situation|process)|status quo|as[- ]is|hypothes[ie]s|value proposition|"
     "user pain points|pain points|customer quotes|how it works today|ausgangslage|hintergrund|ziele?|zielsetzung|motivation|vision|problemstellung|ist[- ]zustand|"
     "背景|目标|项目背景|愿景|问题|contexte|objectifs?|contexto|objetivos?|(?:design |core )?pillars|tenets|(?:experience |product )principles|design principles|guiding principles|assumptions?|annahmen|release (?:plan|phases)|test plan|project phases"),
)  # fmt: skip
"""Heads of titles, by topic; the first topic that fits is taken."""

_NUMBER = re.compile(r"^(?:(?:section|chapter|part|kapitel|abschnitt|appendix|anhang|phase|step|teil)\s+)?(?:\d+(?:\.\d+)*|[ivx]{1,4}|[a-z])[.):]?\s+|^第?[一二三四五六七八九十]+[、.章节]\s*", re.IGNORECASE)
_ANNEX = re.compile(r"^(?:appendix|annex|anhang)(?:\s+[a-z\d])?\s*[:.–-]\s*(?=\S)")
_PARENTHESIS = re.compile(r"\s*[\[(\uff08][^\])\uff09]{0,80}[\])\uff09]?")
_PARTS = re.compile(r"\s*(?:/|&|\+|,|;|:|\uff1a|\||、|\band\b|\bund\b|\bet\b|\by\b|\bor\b|\bvs\.?\b|和|与|及|\s[–—-]\s)\s*")
_EDGE = re.compile(r"^[^\w'’]+|[^\w'’)]+$")
_FILLER = r"(?:the|our|my|your|a|an|this|these|all|any|some|its|project|product|of|die|der|das|unsere)"


@lru_cache(maxsize=1)
def _heads() -> tuple[tuple[Topic, re.Pattern[str], re.Pattern[str], re.Pattern[str]], ...]:
    return tuple(
        (
            topic,
            re.compile(rf"(?:{_FILLER}\s+)*(?:{words})"),
            re.compile(rf".*?(?:^|[\s-]|(?<=[一-鿿]))(?P<head>{words})"),
            re.compile(rf"(?:{_FILLER}\s+)*(?P<head>{words})\s+(?:of|for|in|with|to|by|from|on|at|that|which|we|für|der|des|zu)\b.*"),
        )
        for topic, words in _HEADS
    )


@lru_cache(maxsize=2048)
def topic_of(title: str) -> Topic:
    """Return what a heading with this (clean) title announces.

    Examples
    --------
    >>> topic_of("3. Non-Goals (Out of Scope)"), topic_of("Checkout")
    (<Topic.NEVER: 'never'>, <Topic.OTHER: 'other'>)
    """
    text = _EDGE.sub("", title[:200].casefold().replace("’", "'").replace("`", ""))
    text = _NUMBER.sub("", _ANNEX.sub("", text, count=1), count=1)
    for topic, words in _WHOLE:
        if re.search(words, text):
            return topic
    bare = _EDGE.sub("", _PARENTHESIS.sub("", text))
    if len(bare.split()) > 9:
        return Topic.OTHER
    parts = [_EDGE.sub("", part) for part in _PARTS.split(bare)]
    if (topic := _by_head(bare, whole=True)) is not Topic.OTHER:
        return topic
    return next((topic for part in parts if (topic := _by_head(part)) is not Topic.OTHER), Topic.OTHER)


def _by_head(text: str, *, whole: bool = False) -> Topic:
    if not text:
        return Topic.OTHER
    if (found := _QUALIFIED.fullmatch(text)) and _by_head(found[1]) is Topic.QUALITY:
        return Topic.QUALITY
    for which in (1,) if whole else (1, 2, 3):
        for row in _heads():
            found = row[which].fullmatch(text)
            if found and not (which > 1 and found["head"] in _NOT_AS_TAIL):
                return row[0]
    return Topic.OTHER


_QUALIFIED = re.compile(r"(.+?) (?:requirements?|considerations?|targets?|constraints?|goals?|needs|rules)")
_NOT_AS_TAIL = frozenset(("status", "people", "changes", "history", "team", "teams", "contacts", "contact", "costs", "cost", "decisions", "market",
                "backlog", "later", "terms", "links", "meta", "owner", "owners", "resources", "contents", "ideas", "budget", "schedule",
                "questions", "metrics", "references", "people", "authors", "stakeholders", "estimates", "limitations", "attachments",
                "plan", "plans", "flow", "flows", "phases", "releases", "problem", "problems", "feedback", "context", "today", "impact", "benefits", "users", "plan", "summary", "overview", "description", "about", "general", "abstract", "what it is"))  # fmt: skip
"""Words that make a title about something else only when they stand alone: "Order status" is a feature."""
