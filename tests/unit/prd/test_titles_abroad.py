"""Headings around requirements in a dozen languages: what they announce, and which word of them says so."""

from __future__ import annotations

import pytest

from heph_nb.domain.prd.topics import ASKS, SILENT, Topic, topic_of
from tests.unit.prd.reading import texts

NOTHING = """
Contexto del proyecto | Situação atual | Contexte du projet | Situazione attuale | Ausgangssituation | Huidige situatie | Stan obecny
Текущая ситуация | Mevcut durum | Latar Belakang | Nuläge | Pozadí | 背景 | 現状 | 배경
Objetivos específicos | Objectifs du projet | Projektziele | Cel projektu | Цели проекта | Projenin amacı | Tujuan | Syfte | Cíle | 목적
Público-alvo | Acteurs du système | Benutzerrollen | Gebruikers | Grupa docelowa | Роли пользователей | Kullanıcılar | Peran Pengguna | Målgrupp
Flujos de usuario | Parcours utilisateur | Percorso utente | Ścieżka użytkownika | Kullanıcı akışı | Alur Pengguna | 用户流程 | 사용자 흐름
Definições | Begriffsdefinitionen | Słownik pojęć | Термины и определения | Tanımlar | Istilah | Ordlista | 术语表 | 用語集
Fuera del alcance | Fora do escopo | Hors périmètre | Fuori ambito | Nicht-Ziele | Buiten scope | Poza zakresem | Kapsam dışı | 対象外 | 제외 사항
Melhorias futuras | Évolutions futures | Sviluppi futuri | Ausblick | Plany na przyszłość | Планы на будущее | Framtida förbättringar | 향후 계획
Preguntas abiertas | Dúvidas | Points ouverts | Offene Punkte | Otwarte pytania | Открытые вопросы | Açık sorular | Öppna frågor | 미결 사항
Planificación | Calendrier | Pianificazione | Zeitplan | Stappenplan | Harmonogram | Дорожная карта | Yol haritası | Jadwal | Milníky | 里程碑
Criterios de éxito | Critères de succès | Erfolgskriterien | Wskaźniki sukcesu | Метрики успеха | Başarı kriterleri | 成功指標 | 성공 지표
Suposiciones | Hypothèses | Annahmen | Aannames | Założenia | Допущения | Varsayımlar | Asumsi | Antaganden | 前提条件
Control de versiones | Historique des versions | Änderungsverlauf | Historia zmian | История изменений | Riwayat Perubahan | 変更履歴
"""


@pytest.mark.parametrize(
    "title", [title.strip() for line in NOTHING.split("\n") for title in line.split("|") if title.strip()]
)
def test_nothing_is_asked_for_below(title):
    assert topic_of(title) in SILENT


@pytest.mark.parametrize(
    "title",
    [
        "Stack tecnológico",
        "Architecture technique",
        "Technische Architektur",
        "Architectuur",
        "Технологический стек",
        "Teknolojiler",
        "技术架构",
    ],
)
def test_the_making_of_it_is_told_below(title):
    assert topic_of(title) is Topic.DESIGN


@pytest.mark.parametrize(
    "title",
    [
        "Gestion des risques",
        "Gestión de usuarios",
        "Historial de objetivos",
        "Registro de problemas",
        "Tela do resumo",
        "Lista de fases",
    ],
)
def test_what_stands_behind_of_is_not_the_head(title):
    assert topic_of(title) not in SILENT


@pytest.mark.parametrize(
    "title",
    [
        "Exigences fonctionnelles",
        "Requisitos",
        "Funkcjonalności",
        "Функциональные требования",
        "Fitur",
        "機能要件",
        "主要 機能",
    ],
)
def test_requirements_stand_below(title):
    assert topic_of(title) in ASKS


@pytest.mark.parametrize("lead", ["The keeper can:", "Le gardien peut :", "El guarda puede:", "Der Wärter kann:"])
def test_what_somebody_can_do_is_asked_for_among_the_roles_too(lead):
    said = lead.rstrip(" :")
    assert texts("# Zoo", "## Actors", lead, "- open the cages", "- feed the bears") == [
        f"{said} open the cages", f"{said} feed the bears",
    ]  # fmt: skip
