#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
link: sealmount-link as its unit and as a person runs it, with real mounts
"""

import os
import pathlib
import subprocess

import flow

LINK = "helpers/link/sealmount-link"


def link(*argv, **kw):
    return flow.run(flow.program(LINK), *argv, **kw)


def need_root():
    if os.geteuid() != 0:
        raise flow.Skip("needs root to mount")


def mount(*argv):
    subprocess.run(["mount", *map(str, argv)], check=True, stdin=subprocess.DEVNULL)


def umount(path):
    subprocess.run(["umount", str(path)], check=True, stdin=subprocess.DEVNULL)


def target_of(folder):
    """A mount point, as a person would name it."""
    need_root()
    target = folder / "target"
    target.mkdir()
    mount("-t", "tmpfs", "tmpfs", target)
    (target / "hello").write_text("hello")
    return target


@flow.case
def by_hand_a_path_is_published_and_withdrawn(folder):
    target = target_of(folder)
    path = folder / "srv/models"
    flow.check(link("publish", path, target), 0, f"published at '{path}'")
    assert (path / "hello").read_text() == "hello"
    assert (folder / "srv").stat().st_mode & 0o777 == 0o755
    flow.check(link("publish", path, target), 0, "was published before")
    flow.check(link("withdraw", path, target), 0, f"withdrawn from '{path}'")
    assert not os.path.lexists(path) and (target / "hello").exists()
    flow.check(link("withdraw", path, target), 0, "was gone before")
    umount(target)


@flow.case
def what_is_no_mount_point_is_not_published(folder):
    target = folder / "target"
    target.mkdir()
    path = folder / "models"
    flow.check(link("publish", path, target), 1, f"nothing is mounted at '{target}'", "remedy:")
    assert not os.path.lexists(path)


@flow.case
def what_is_in_the_way_stays(folder):
    target = target_of(folder)
    path = folder / "models"
    path.mkdir()
    r = link("publish", path, target)
    flow.check(r, 1, f"not published: a directory is at '{path}'", f"rmdir '{path}'")
    path.rmdir()
    path.write_text("mine")
    r = link("publish", path, target)
    flow.check(r, 1, f"a file is at '{path}'", f"mv '{path}' '{path}'.old")
    r = link("withdraw", path, target)
    flow.check(r, 0, "nothing to withdraw: a file is at", "was left alone")
    assert path.read_text() == "mine"
    umount(target)


@flow.case
def a_parent_of_another_user_does_not_lead_elsewhere(folder):
    target = target_of(folder)
    (folder / "home").symlink_to("/etc")
    os.lchown(folder / "home", 65534, 65534)
    r = link("publish", folder / "home/sealmount-flow-test", target)
    flow.check(r, 1, "is a symbolic link of user 65534")
    assert not os.path.lexists("/etc/sealmount-flow-test")
    umount(target)


def set_up_share(folder, name, fstype="ext4"):
    """Places of a share as its units make them: device, mount, credentials."""
    need_root()
    image, device = folder / "image", pathlib.Path(f"/dev/mapper/sealmount-{name}")
    mnt = pathlib.Path(f"/run/sealmount/mnt/{name}")
    with open(image, "wb") as f:
        f.truncate(4 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True, stdin=subprocess.DEVNULL)
    for shared in ("/run", "/dev/mapper"):
        mount("-t", "tmpfs", "tmpfs", shared)  # ours alone: a mount namespace of its own
    mnt.mkdir(parents=True)
    mount("-t", "ext4", "-o", "loop,ro", image, mnt)
    os.mknod(device, 0o600 | 0o060000, mnt.stat().st_dev)
    env = flow.unit_credentials(folder, {
        "name": name, "mount_point": str(folder / "srv" / name),
        "source": {"url": "https://store.example/c/models.img"},
        "key": {"provider": "file", "path": "/etc/key"}, "filesystem": {"type": fstype}})
    return env, mnt, device


def tear_down_share(mnt):
    for place in (mnt, "/run", "/dev/mapper"):
        subprocess.run(["umount", str(place)], stderr=subprocess.DEVNULL)


@flow.case
def the_unit_s_share_is_published_only_when_its_own_device_is_mounted(folder):
    env, mnt, device = set_up_share(folder, "models")
    path = folder / "srv/models"
    try:
        flow.check(link("publish", "--share=models", env=env), 0, "share 'models': published at")
        assert os.readlink(path) == str(mnt) and (path / "lost+found").is_dir()
        # the unit's credentials are gone by then
        flow.check(link("withdraw", "--share=models"), 0, f"withdrawn from '{path}'")
        assert not os.path.lexists(path) and not os.path.lexists("/run/sealmount/link/models")
        # another device of that name
        device.unlink()
        os.mknod(device, 0o600 | 0o060000, os.makedev(7, 255))
        flow.check(link("publish", "--share=models", env=env), 1, "not published:",
                   f"is mounted at '{mnt}', not {device}")
        device.unlink()
        flow.check(link("publish", "--share=models", env=env), 1, f"no block device '{device}'")
        umount(mnt)
        flow.check(link("publish", "--share=models", env=env), 1, "nothing is mounted at")
        assert not os.path.lexists(path)
        flow.check(link("withdraw", "--share=models", env=env), 0)
    finally:
        tear_down_share(mnt)


@flow.case
def a_share_that_moved_leaves_nothing_at_its_old_path(folder):
    env, mnt, _ = set_up_share(folder, "models")
    old = folder / "old/models"
    try:
        old.parent.mkdir()
        old.symlink_to(mnt)
        os.mkdir("/run/sealmount/link", 0o700)
        os.symlink(old, "/run/sealmount/link/models")
        flow.check(link("publish", "--share=models", env=env), 0, "published at")
        assert not os.path.lexists(old)
        flow.check(link("withdraw", "--share=models"), 0, "withdrawn")
        # what is in the way is no link of ours, and nothing is to be undone
        (folder / "srv/models").mkdir()
        flow.check(link("publish", "--share=models", env=env), 1, "a directory is at")
        assert not os.path.lexists("/run/sealmount/link/models")
        assert (folder / "srv/models").is_dir()
    finally:
        tear_down_share(mnt)


@flow.case
def the_unit_s_share_needs_its_type_of_filesystem(folder):
    env, mnt, _ = set_up_share(folder, "models", "xfs")
    try:
        flow.check(link("publish", "--share=models", env=env), 1, "of type ext4", "not xfs")
    finally:
        tear_down_share(mnt)


@flow.case
def without_a_unit_there_is_no_share(folder):
    flow.check(link("publish", "--share=models"), 6, "share 'models'")


if __name__ == "__main__":
    flow.own_mounts()
    flow.main()
