#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
key: sealmount-key as its unit and as a person runs it, with the kernel's keyring
"""

import hashlib
import os
import subprocess

import flow

KEY = "helpers/key/sealmount-key"
PLAIN_KEY = "tests/flow/sealmount-key-plain"  # the same without sanitizers
RAW = hashlib.sha512(b"key of the flow tests").digest()
count = 0


def fresh_name():
    global count
    count += 1
    return f"flow-{os.getpid()}.{count}"


def in_keyring(name):
    """The key as a consumer takes it: found in @u, linked to a session of its own."""
    r = subprocess.run(["keyctl", "session", "-", "sh", "-c",
                        'id=$(keyctl search @u user "$0" @s 2>/dev/null) && keyctl pipe "$id"',
                        f"sealmount:{name}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return r.stdout if r.returncode == 0 else None


def key(*argv, **kw):
    return flow.run(flow.program(KEY), *argv, **kw)


def drop(name):
    flow.check(key("drop", f"--share={name}"), 0)
    assert in_keyring(name) is None


def key_file(folder, data=RAW, mode=0o600):
    path = folder / "key"
    path.write_bytes(data)
    path.chmod(mode)
    return path


def share(share_name, **key_settings):
    return {"name": share_name, "mount_point": f"/srv/{share_name}",
            "source": {"url": "https://store.example/c/models.img"}, "key": key_settings}


@flow.case
def a_key_file_by_hand_is_handed_over_and_dropped(folder):
    name, path = fresh_name(), key_file(folder)
    r = key("fetch", f"--share={name}", f"--key-file={path}")
    flow.check(r, 0, f"share '{name}': key of 64 bytes from provider 'file'")
    assert in_keyring(name) == RAW
    r = key("drop", f"--share={name}")
    flow.check(r, 0, "key removed")
    assert in_keyring(name) is None
    r = key("drop", f"--share={name}")
    flow.check(r, 0)
    assert r.stderr == ""


@flow.case
def a_second_fetch_replaces_the_first(folder):
    name = fresh_name()
    flow.check(key("fetch", f"--share={name}", f"--key-file={key_file(folder)}"), 0)
    path = key_file(folder, b"another\n")
    flow.check(key("fetch", f"--share={name}", f"--key-file={path}"), 0, "newline")
    assert in_keyring(name) == b"another\n"
    drop(name)


@flow.case
def raw_is_read_again_from_the_configuration_and_is_loud(folder):
    name = fresh_name()
    env = flow.unit_credentials(folder, share(name, provider="raw", hex=RAW.hex()))
    text = (folder / "credentials/sealmount.share").read_text()
    assert RAW.hex() not in text.lower(), text
    r = key("fetch", f"--share={name}", env=env)
    flow.check(r, 0, "the key stands in the configuration itself", "remedy: keep this for tests",
               "key of 64 bytes from provider 'raw'")
    assert in_keyring(name) == RAW
    assert RAW.hex() not in (r.stdout + r.stderr).lower()
    drop(name)


@flow.case
def raw_of_a_configuration_that_changed_is_refused(folder):
    name = fresh_name()
    env = flow.unit_credentials(folder, share(name, provider="raw", hex=RAW.hex()))
    config = folder / "config.json"
    config.write_text(config.read_text().replace("models.img", "other.img"))
    r = key("fetch", f"--share={name}", env=env)
    flow.check(r, 1, "no key:", "changed since", "systemctl daemon-reload")
    assert in_keyring(name) is None


@flow.case
def credential_is_taken_as_it_is(folder):
    name = fresh_name()
    env = flow.unit_credentials(folder, share(name, provider="credential", name="models-key"))
    r = key("fetch", f"--share={name}", env=env)
    flow.check(r, 1, "was not given the credential 'models-key'", "/etc/credstore/models-key")
    (folder / "credentials/sealmount.key").write_bytes(RAW)
    flow.check(key("fetch", f"--share={name}", env=env), 0, "from provider 'credential'")
    assert in_keyring(name) == RAW
    drop(name)


@flow.case
def file_must_be_closed_to_others(folder):
    name, path = fresh_name(), key_file(folder, mode=0o644)
    env = flow.unit_credentials(folder, share(name, provider="file", path=str(path)))
    r = key("fetch", f"--share={name}", env=env)
    flow.check(r, 1, "can be read or written by others", f"chmod 0600 '{path}'")
    assert in_keyring(name) is None
    path.chmod(0o400)
    flow.check(key("fetch", f"--share={name}", env=env), 0, "from provider 'file'")
    assert in_keyring(name) == RAW
    drop(name)


@flow.case
def what_this_version_does_not_serve_fails_at_once(folder):
    name = fresh_name()
    env = flow.unit_credentials(folder, share(
        name, provider="azure-skr", kid="models-key",
        authority={"endpoint": "sharedeus.eus.attest.azure.net"},
        vault={"endpoint": "example.vault.azure.net"}))
    r = key("fetch", f"--share={name}", env=env)
    flow.check(r, 1, "key provider 'azure-skr': secure key release is not",
               "use the provider credential or file")
    assert in_keyring(name) is None


@flow.case
def a_unit_of_another_share_or_no_unit_is_told_so(folder):
    name = fresh_name()
    flow.check(key("fetch", f"--share={name}"), 6, "no key:")
    env = flow.unit_credentials(folder, share("somebody", provider="file", path="/etc/key"))
    flow.check(key("fetch", f"--share={name}", env=env), 1, "no key:")


@flow.case
def no_key_is_left_when_stopped_at_any_point(folder):
    """SIGTERM before each system call: there is a key if and only if the status is 0."""
    name, path, calls = fresh_name(), key_file(folder), 0
    seen = set()
    for calls in range(1, 2000):
        r = flow.run(flow.program("tests/flow/traced"), "signal", calls,
                     flow.program(PLAIN_KEY), "fetch", f"--share={name}", f"--key-file={path}")
        if r.returncode == 98:
            break
        seen.add(r.returncode)
        assert r.returncode in (0, 128 + 15), f"call {calls}: {r.returncode} {r.stderr}"
        assert in_keyring(name) == (RAW if r.returncode == 0 else None), f"call {calls}"
        drop(name)
    assert seen == {0, 128 + 15}, seen
    assert calls > 50, calls
    drop(name)


def plain_key_leaves_nothing(folder, secret, env, *argv):
    path = folder / "secret"
    path.write_bytes(secret)
    r = flow.run(flow.program("tests/flow/traced"), "secret", path, flow.program(PLAIN_KEY), *argv,
                 env=env)
    flow.check(r, 0)
    assert secret.hex() not in (r.stdout + r.stderr).lower()


@flow.case
def the_search_finds_a_secret_that_is_there(folder):
    path = folder / "secret"
    path.write_bytes(b"/etc/hostname")
    r = flow.run(flow.program("tests/flow/traced"), "secret", path, flow.program(PLAIN_KEY),
                 "--help", env={"LEAK": "/etc/hostname"})
    assert r.returncode == 99, r.stdout
    assert "found as bytes in /proc/" in r.stdout and "core dumps are not" in r.stdout, r.stdout


@flow.case
def no_secret_is_in_memory_at_the_end(folder):
    for settings in ({"provider": "raw", "hex": RAW.hex()},
                     {"provider": "raw", "hex": RAW.hex().upper()},
                     {"provider": "credential", "name": "k"},
                     {"provider": "file", "path": str(key_file(folder))}):
        name = fresh_name()
        env = flow.unit_credentials(folder, share(name, **settings))
        (folder / "credentials/sealmount.key").write_bytes(RAW)
        plain_key_leaves_nothing(folder, RAW, env, "fetch", f"--share={name}")
        assert in_keyring(name) == RAW
        drop(name)


@flow.case
def a_key_is_not_readable_by_its_number(folder):
    name = fresh_name()
    flow.check(key("fetch", f"--share={name}", f"--key-file={key_file(folder)}"), 0)
    r = subprocess.run(["keyctl", "session", "-", "sh", "-c",
                        'id=$(keyctl search @u user "$0") && ! keyctl pipe "$id" 2>/dev/null',
                        f"sealmount:{name}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert r.returncode == 0 and RAW not in r.stdout, r
    drop(name)


if __name__ == "__main__":
    flow.main()
