import DeployTargets
import Drivers
import PlatformModel
import PureDrivers
import Sandbox
import TestSupport
import Testing

/// Programs of images: real Podman, real sandbox.
@Suite(.enabled(if: ExecImages.isAvailable), .timeLimit(.minutes(5)))
struct ExecImageTests {
    private let bench = DriverBench()

    @Test func theImagesOwnProgramRunsAsTheImageSays() async throws {
        let changes = [
            "ENV PATH=/opt/bin:/bin", "ENV COLOUR=blue", "ENV SIZE=small", "WORKDIR /srv", #"ENTRYPOINT ["make-it"]"#,
            #"CMD ["one","two words"]"#,
        ]
        try await ExecImages.build("localhost/own:1", changes: changes) { archive in
            archive.folder("srv")
            archive.file("srv/note", Array("a note".utf8))
            let script = """
                #!/bin/sh
                set -eu
                printf '{"words": "%s/%s/%s", "in": "%s", "note": "%s", "colour": "%s", "size": "%s", "user": "%s"}' \
                    "$#" "$1" "${2:-}" "$(pwd)" "$(cat note)" "$COLOUR" "$SIZE" "$(id -u)" > "$OUTPUTS_FILE"
                """
            archive.file("opt/bin/make-it", Array(script.utf8))
        }
        let driver = try await ExecImages().driver("exec")
        let own = DriverBench.request(values: ["image": "localhost/own:1", "variables": ["SIZE": "large"]])
        #expect(driver.check(own).isEmpty)
        var wanted: JSON = [
            "words": "2/one/two words", "in": "/srv", "note": "a note", "colour": "blue", "size": "large", "user": "1000",
        ]
        #expect(try await driver.provision(own, bench.context).values == wanted)
        let other = DriverBench.request(
            values: ["image": "localhost/own:1", "args": ["three"], "variables": ["SIZE": "large"]])
        wanted["words"] = "1/three/"
        #expect(try await driver.provision(other, bench.context).values == wanted)
        #expect(bench.lines == ["the program of the image: create", "the program of the image: create"])
    }

    @Test func definitionsForTheReferenceRunInTheirImage() async throws {
        let request = ExecImages.request(#"printf '{"made": "by %s in %s"}' "$ACTION" "$(pwd)" > "$OUTPUTS_FILE"; ls /"#)
        let result = try await ExecImages().driver().provision(request, bench.context)
        #expect(result.values == ["made": "by create in /job/work"])
        // The image, and nothing of the machine.
        #expect(bench.lines.dropFirst() == ["bin", "dev", "etc", "job", "proc", "run", "tmp"])
    }

    @Test func whatIsNotThereIsTold() async throws {
        let driver = try await ExecImages().driver()
        let missing = ExecImages.request("true", image: "localhost/no-such-image:1")
        let error = await #expect(throws: DriverError.self) { try await driver.provision(missing, bench.context) }
        #expect(error?.code == "DRV-606" && error?.kind == .failed)
        #expect(error?.message.contains("'localhost/no-such-image:1' cannot be used: it is not on this machine") == true)
        let nothing = DriverBench.request(values: ["image": .string(ExecImages.tools)])
        let idle = await #expect(throws: DriverError.self) { try await driver.provision(nothing, bench.context) }
        #expect(idle?.code == "DRV-606" && idle?.message.contains("names a program") == true, "\(idle?.message ?? "")")
        try await ExecImages.build("localhost/lost:1", changes: ["WORKDIR /not/there"])
        let lost = await #expect(throws: DriverError.self) {
            try await driver.provision(ExecImages.request("true", image: "localhost/lost:1"), bench.context)
        }
        #expect(lost?.code == "DRV-603", "\(lost?.message ?? "")")
    }

    /// The image's files are the organisation's: links that lead out, names of ours, programs with privileges.
    @Test func aHostileImageGetsNowhere() async throws {
        try await ExecImages.build("localhost/hostile:1") { archive in
            archive.link("job", to: "/proc/1/root")
            archive.link("proc", to: "/bin")
            archive.link("tmp", to: "/etc")
            archive.link("run", to: "/")
            archive.link("usr", to: "../../../../../../usr")
            archive.link("home", to: "/proc/1/root/home")
            archive.link("root", to: "/proc/self/root/root")
            archive.link("sys", to: "/proc/sys")
            archive.folder("etc", mode: 0o777)
            archive.file("etc/passwd", Array("root::0:0::/:/bin/sh\n".utf8))
            archive.link("etc/resolv.conf", to: "/proc/kmsg")
            archive.link("etc/ssl", to: "../../etc")
            archive.raw("etc/shadow", type: "0", contents: Array("root::1::::::\n".utf8), mode: 0o666)
            archive.file("priv/busybox", [UInt8]((try? PrivatePodman.read("/bin/busybox")) ?? []), mode: 0o6755)
            archive.raw("disk", type: "4", mode: 0o666)
            archive.folder("open", mode: 0o777)
        }
        let script = #"""
            for path in / /bin /etc /etc/ssl /open /proc /run /dev /root /home; do
                { touch "$path/new" && echo "written: $path"; } 2> /dev/null || true
            done
            [ "$(cat /etc/passwd | cut -d: -f1 | sed -n 1,9p)" = "$(printf 'root\njob\nnobody')" ] || echo "their passwd"
            [ ! -e /etc/shadow ] && [ ! -e /usr ] && [ ! -e /disk ] && [ ! -e /home ] || echo "more than there is"
            [ -d /proc/self ] && [ -d /job/work ] && [ ! -L /tmp ] && [ ! -L /run ] || echo "theirs instead of ours"
            for path in /sys/kernel /proc/1/root/bin /run/martlet /var/lib /usr/bin; do [ ! -e $path ] || echo "seen: $path"; done
            [ "$(/priv/busybox id -u)" = 1000 ] || echo "privileges"
            : > /tmp/mine; : > /job/work/mine
            """#
        let images = try await ExecImages()
        _ = try await images.driver().provision(ExecImages.request(script, image: "localhost/hostile:1"), bench.context)
        #expect(bench.lines.count == 1, "\(bench.lines)")
        // As it was: the next one finds nothing of this one.
        let folder = try await images.unpacked("localhost/hostile:1").folder
        #expect(
            try Command.output("/usr/bin/find", [folder, "(", "-perm", "/7022", "-o", "-name", "new", ")", "!", "-type", "l"])
                == "")
    }

    /// An image whose /etc is no folder, or is full of entries.
    @Test func oddImagesAreRunOrRefused() async throws {
        try await ExecImages.build("localhost/odd:1") { $0.link("etc", to: "/proc/1/root/etc") }
        let driver = try await ExecImages().driver()
        let looks = #"printf '{"passwd": "%s"}' "$(cut -d: -f1 /etc/passwd | sed -n 2p)" > "$OUTPUTS_FILE""#
        let odd = try await driver.provision(ExecImages.request(looks, image: "localhost/odd:1"), bench.context)
        #expect(odd.values == ["passwd": "job"])
        try await ExecImages.build("localhost/full:1") { archive in
            for number in 0..<3000 { archive.file("f\(number)", []) }
        }
        let error = await #expect(throws: DriverError.self) {
            try await driver.provision(ExecImages.request("true", image: "localhost/full:1"), bench.context)
        }
        #expect(error?.code == "DRV-602" && error?.message.contains("too many entries") == true, "\(error?.message ?? "")")
    }
}
