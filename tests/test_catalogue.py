from types import ModuleType

import pytest

from layerwise import catalogue


def module(name: str, page: str | None = "What happens.\n\n  ## Bad\n  ## Good\n") -> ModuleType:
    return ModuleType(name, page)


def test_a_file_gives_the_name():
    assert catalogue.name_of(module("layerwise.rules.copy_before_install")) == "copy-before-install"


def test_modules_are_found_by_name_in_the_order_given():
    late, first = module("passes.late_args"), module("passes.manifest_first")
    assert list(catalogue.by_name(late, first).items()) == [("late-args", late), ("manifest-first", first)]


def test_two_modules_of_one_name_are_a_bug():
    with pytest.raises(AssertionError, match="late-args"):
        catalogue.by_name(module("passes.late_args"), module("rules.late_args"))


def test_the_docstring_is_the_page_without_its_indentation():
    assert catalogue.page(module("a")) == "What happens.\n\n## Bad\n## Good"
    assert catalogue.summary(module("a")) == "What happens."


def test_a_module_without_a_page_is_a_bug():
    with pytest.raises(AssertionError, match="no-page"):
        catalogue.page(module("rules.no_page", None))
