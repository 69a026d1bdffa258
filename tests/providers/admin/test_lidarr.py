"""Connections to Lidarr: the key goes in and never comes out, and a test shows Lidarr's own words."""

import pytest
from django.test import Client
from django.urls import reverse

from providers.models import LidarrConnection
from providers.simulators.lidarr import LidarrSimulator

pytestmark = pytest.mark.django_db
KEY = "fedcba9876543210fedcba9876543210"


def press(client: Client, made: LidarrConnection) -> str:
    address = reverse("admin:providers_lidarrconnection_press", args=[made.pk, "test"])
    return client.post(address, follow=True).content.decode()


def test_the_key_is_needed_once_and_kept_when_left_empty(admin_client: Client) -> None:
    add = reverse("admin:providers_lidarrconnection_add")
    form = {"name": "Home", "base_url": "http://lidarr:8686/", "is_enabled": "on", "api_key": ""}

    refused = admin_client.post(add, form)
    admin_client.post(add, {**form, "api_key": KEY})
    made = LidarrConnection.objects.get()
    page = reverse("admin:providers_lidarrconnection_change", args=[made.pk])
    admin_client.post(page, {**form, "name": "Attic"})

    made.refresh_from_db()
    assert "Enter the key." in refused.content.decode()
    assert (made.name, made.base_url, made.api_key.open()) == ("Attic", "http://lidarr:8686", KEY)
    assert KEY not in admin_client.get(page).content.decode()


def test_a_test_says_which_lidarr_answered(admin_client: Client) -> None:
    with LidarrSimulator(api_key=KEY) as lidarr:
        made = LidarrConnection.objects.create(name="Home", base_url=lidarr.base_url, api_key=KEY)

        assert "Lidarr 2." in press(admin_client, made)


def test_a_test_says_when_the_key_is_wrong_or_it_is_no_lidarr(admin_client: Client) -> None:
    with LidarrSimulator(api_key=KEY) as lidarr, LidarrSimulator(api_key=KEY, app_name="Sonarr") as sonarr:
        wrong_key = LidarrConnection.objects.create(name="Home", base_url=lidarr.base_url, api_key=KEY[::-1])
        wrong_app = LidarrConnection.objects.create(name="Films", base_url=sonarr.base_url, api_key=KEY)

        assert "did not accept the API key" in press(admin_client, wrong_key)
        assert "that is Sonarr, not Lidarr" in press(admin_client, wrong_app)


def test_a_connection_goes_with_its_library(admin_client: Client) -> None:
    made = LidarrConnection.objects.create(name="Home", base_url="http://lidarr:8686", api_key=KEY)

    admin_client.post(reverse("admin:providers_lidarrconnection_delete", args=[made.pk]), {"post": "yes"})

    assert not LidarrConnection.objects.exists()
