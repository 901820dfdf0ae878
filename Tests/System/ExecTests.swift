import Glibc
import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// Programs of an organisation's own, in the real sandbox and in an image, from the Score file to the workload's variables.
    @Suite(.enabled(if: SandboxLauncher.isAvailable)) struct ExecTests {
        private static let app = "/orgs/acme/apps/exec", environment = app + "/envs/development"

        private static func score(_ kind: String, wish: String) -> String {
            """
            apiVersion: score.dev/v1b1
            metadata: {name: web}
            containers:
              main:
                image: \(PrivatePodman.busyboxImage)
                command: [/bin/sh, -c]
                args: ["trap 'exit 0' TERM; echo $NAME ${#TOKEN}; while :; do sleep 0.1; done"]
                variables:
                  NAME: ${resources.box.name}
                  TOKEN: ${resources.box.token}
            resources:
              box: {type: config, class: \(kind), params: {wish: \(wish)}}
            """
        }

        /// Counts its calls in what it keeps; fails when it is told to; stands still when it is told to.
        private static let script = #"""
            set -eu
            wish=$(sed -n 's/.*"wish":"\([a-z]*\)".*/\1/p' "$INPUTS_FILE")
            calls=$(cat "$STATE_FILE" 2> /dev/null || echo 0)
            echo "$ACTION: $wish"
            [ "$wish" != stand ] || [ "$ACTION" != create ] || sleep 1000
            printf %s $((calls + 1)) > "$STATE_FILE"
            if [ "$wish" = fail ]; then echo "no room for $PASSWORD" > "$ERROR_FILE"; exit 7; fi
            [ "$ACTION" = create ] || exit 0
            printf '{"name": "%s-%s-%s"}' "$wish" "$calls" "$WHERE" > "$OUTPUTS_FILE"
            printf '{"token": "%s-token"}' "$PASSWORD" > "$SECRET_OUTPUTS_FILE"
            """#

        private func define(_ id: String, driver: String, _ values: JSON, _ appliance: Appliance) async throws {
            var values = values.object ?? [:]
            values["variables"] = ["WHERE": "${context.env.id}"]
            // With $ as a definition has it: no braces, so nothing of it is a placeholder.
            values["files"] = ["make.sh": .string(Self.script)]
            try await appliance.must(
                200, "POST", "/orgs/acme/resources/defs",
                [
                    "id": .string(id), "name": "Box", "type": "config", "driver_type": .string(driver),
                    "driver_inputs": ["values": .object(values), "secrets": ["variables": ["PASSWORD": "correct-horse"]]],
                    "criteria": [["class": .string(id)]],
                ])
        }

        private func remove(_ definitions: [String], _ appliance: Appliance) async throws {
            #expect([202, 204].contains(try await appliance.call("DELETE", Self.app).status))
            try await eventually(within: .seconds(60), "the application's end") {
                try await appliance.call("GET", Self.app).status == 404
            }
            for definition in definitions { try await appliance.must(204, "DELETE", "/orgs/acme/resources/defs/" + definition) }
        }

        private func failed(_ id: String, _ appliance: Appliance) async throws -> String {
            try await eventually(within: .seconds(60), "the failure of \(id)") {
                let status = try? await appliance.call("GET", "\(Self.environment)/deploys/\(id)").body["status"]?.string
                return status == "failed" ? true : nil
            }
            return try await appliance.call("GET", "\(Self.environment)/deploys/\(id)/errors").body.canonical
        }

        /// Made, changed, failed, and removed; on the machine's programs and on those of an image.
        @Test func aProgramsOutputsReachTheWorkload() async throws {
            let appliance = try await Appliance.shared()
            try await define("exec-box", driver: "martlet/exec", ["command": ["/bin/sh", "make.sh"]], appliance)
            let job: JSON = ["image": "localhost/exec-tools:1", "command": ["/bin/sh", "./make.sh"]]
            try await define("image-box", driver: "humanitec/container", ["job": job], appliance)
            try await appliance.createApplication("exec")
            try await appliance.succeeded(
                appliance.deploy(Self.score("exec-box", wish: "small"), to: Self.environment), in: Self.environment)
            try await eventually("the first outputs") {
                try await appliance.lines(Self.environment).contains("small-0-development 19")
            }

            let missing = try await failed(
                try await appliance.deploy(Self.score("image-box", wish: "small"), to: Self.environment), appliance)
            #expect(missing.contains("DRV-606") && missing.contains("not on this machine"), "\(missing)")
            var archive = TarArchive()
            archive.file("bin/busybox", try PrivatePodman.read("/bin/busybox"))
            for applet in ["sh", "cat", "sed", "sleep"] { archive.link("bin/\(applet)", to: "busybox") }
            try await appliance.podman.buildImage("localhost/exec-tools:1", archive)
            try await appliance.succeeded(
                appliance.deploy(Self.score("image-box", wish: "large"), to: Self.environment), in: Self.environment)
            try await eventually("the image's outputs") {
                try await appliance.lines(Self.environment).contains("large-0-development 19")
            }

            let failure = try await failed(
                try await appliance.deploy(Self.score("image-box", wish: "fail"), to: Self.environment), appliance)
            #expect(
                failure.contains("DRV-603") && failure.contains("no room for") && !failure.contains("correct-horse"), "\(failure)"
            )
            // What failed is tried again, with what the program kept.
            try await appliance.succeeded(
                appliance.deploy(Self.score("image-box", wish: "again"), to: Self.environment), in: Self.environment)
            try await eventually("the outputs after the failure") {
                try await appliance.lines(Self.environment).contains("again-2-development 19")
            }
            try await remove(["exec-box", "image-box"], appliance)
        }

        /// Nobody knows how far it came: the step is unknown, is not repeated by itself, and nothing of the program goes on.
        @Test func aRunnerThatDiesUnderAProgram() async throws {
            let appliance = try await Appliance.shared()
            try await define("still-box", driver: "martlet/exec", ["command": ["/bin/sh", "make.sh"]], appliance)
            try await appliance.createApplication("exec")
            let id = try await appliance.deploy(Self.score("still-box", wish: "stand"), to: Self.environment)
            func isSleeping() throws -> Bool { try Command.run("/usr/bin/pgrep", ["-f", "^sleep 1000$"]).code == 0 }
            try await eventually(within: .seconds(60), "the program") { try isSleeping() }
            try await appliance.killAndRestart(.runner)
            try await eventually("the program's end") { try !isSleeping() }
            let failure = try await failed(id, appliance)
            #expect(failure.contains("RUN-003") && failure.contains("cannot find what it did"), "\(failure)")
            #expect(try !isSleeping(), "it was repeated by itself")
            try await remove(["still-box"], appliance)
        }
    }
}
