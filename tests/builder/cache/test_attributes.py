import pytest

from layerwise.builder.cache.attributes import registry_export, registry_import, registry_kind


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "Amazon ECR"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "Amazon ECR"),
        ("public.ecr.aws", "Amazon ECR"),
        ("gcr.io", "Google"),
        ("eu.gcr.io", "Google"),
        ("europe-west1-docker.pkg.dev", "Google"),
        ("acme.jfrog.io", "Artifactory"),
        ("quay.io", "Quay"),
        ("ghcr.io", ""),
        ("docker.io", ""),
        ("localhost:5000", ""),
        ("quay.io.example.org", ""),
    ],
)
def test_registries_that_want_one_manifest_are_known(host, kind):
    assert registry_kind(host) == kind


def test_they_are_given_one():
    form = "image-manifest=true,oci-mediatypes=true"
    export = registry_export("quay.io/acme/shop", "x", "max")
    assert export == f"type=registry,ref=quay.io/acme/shop:x,mode=max,{form},ignore-error=true"
    assert form not in registry_export("ghcr.io/acme/shop", "x", "min")


def test_an_import_names_the_ref_alone():
    assert registry_import("ghcr.io/acme/shop", "x") == "type=registry,ref=ghcr.io/acme/shop:x"
