#!/usr/bin/env python3
"""hvac, a client of Vault that is not ours, judges the stand-in: judge.py URL CA"""
import sys

import hvac
from hvac import exceptions

url, ca = sys.argv[1:3]
client = hvac.Client(url=url, token="hvs.root", verify=ca)
assert client.is_authenticated() and client.sys.is_initialized() and not client.sys.is_sealed()
health = client.sys.read_health_status(method="GET")
assert health["version"] == "1.19.0", health
v2, v1 = client.secrets.kv.v2, client.secrets.kv.v1


def raises(error, body):
    try:
        body()
    except error as found:
        assert type(found) is error, found
        return found
    raise AssertionError(f"no {error.__name__}")


made = v2.create_or_update_secret("a/b", {"x": "1"}, cas=0)
assert made["data"]["version"] == 1
raises(exceptions.InvalidRequest, lambda: v2.create_or_update_secret("a/b", {"x": "2"}, cas=0))
v2.patch("a/b", {"y": "2"})
read = v2.read_secret_version("a/b", raise_on_deleted_version=True)
assert read["data"]["data"] == {"x": "1", "y": "2"} and read["data"]["metadata"]["version"] == 2
assert v2.read_secret_version("a/b", version=1, raise_on_deleted_version=True)["data"]["data"] == {"x": "1"}
assert v2.list_secrets("a")["data"]["keys"] == ["b"] and v2.list_secrets("")["data"]["keys"] == ["a/"]
assert "2" in v2.read_secret_metadata("a/b")["data"]["versions"]
v2.delete_latest_version_of_secret("a/b")
deleted = v2.read_secret_version("a/b", raise_on_deleted_version=False)
assert deleted["data"]["data"] is None and deleted["data"]["metadata"]["deletion_time"]
raises(exceptions.InvalidPath, lambda: v2.read_secret_version("a/b", raise_on_deleted_version=True))
v2.undelete_secret_versions("a/b", [2])
assert v2.read_secret_version("a/b", raise_on_deleted_version=True)["data"]["data"]["y"] == "2"
v2.destroy_secret_versions("a/b", [2])
raises(exceptions.InvalidPath, lambda: v2.read_secret_version("a/b", version=2, raise_on_deleted_version=True))
raises(exceptions.InvalidPath, lambda: v2.read_secret_version("none", raise_on_deleted_version=True))
v1.create_or_update_secret("c", {"z": "3"}, mount_point="kv")
assert v1.read_secret("c", mount_point="kv")["data"] == {"z": "3"}
raises(exceptions.InvalidPath, lambda: v1.read_secret("d", mount_point="kv"))

role = hvac.Client(url=url, verify=ca)
raises(exceptions.InvalidRequest, lambda: role.auth.approle.login("role-1", "wrong"))
login = role.auth.approle.login("role-1", "secret-1")
assert login["auth"]["lease_duration"] == 3600 and login["auth"]["renewable"]
look = role.auth.token.lookup_self()["data"]
assert look["type"] == "service" and 0 < look["ttl"] <= 3600 and look["expire_time"].endswith("Z")
assert role.auth.token.renew_self()["auth"]["client_token"] == role.token
wrapped = client.auth.token.create(wrap_ttl="60s")["wrap_info"]["token"]
assert client.sys.unwrap(wrapped)["auth"]["client_token"]
raises(exceptions.InvalidRequest, lambda: client.sys.unwrap(wrapped))
role.auth.token.revoke_self()
raises(exceptions.Forbidden, lambda: role.auth.token.lookup_self())
raises(exceptions.Forbidden, lambda: hvac.Client(url=url, verify=ca, token="hvs.none").auth.token.lookup_self())
print("judged by hvac")
