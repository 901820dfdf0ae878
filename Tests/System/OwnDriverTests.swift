import FoundationEssentials
import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// A driver of the organisation's own, the documentation's, from its registration to the removal of what it made.
    @Suite struct OwnDriverTests {
        private static let drivers = "/orgs/acme/resources/drivers"
        private static let app = "/orgs/acme/apps/boxes", environment = app + "/envs/development"

        private static let score = """
            apiVersion: score.dev/v1b1
            metadata: {name: web}
            containers:
              main:
                image: \(PrivatePodman.busyboxImage)
                command: [/bin/sh, -c]
                args: ["trap 'exit 0' TERM; echo $BOX $SMALL ${#TOKEN}; while :; do sleep 0.1; done"]
                variables:
                  BOX: ${resources.box.name}-${resources.box.size}
                  SMALL: ${resources.small.name}
                  TOKEN: ${resources.box.token}
            resources:
              box: {type: config, class: box, params: {size: 3}}
              small: {type: config, class: small}
            """

        private func define(_ id: String, driver: String, values: JSON, _ appliance: Appliance) async throws {
            try await appliance.must(
                200, "POST", "/orgs/acme/resources/defs",
                [
                    "id": .string(id), "name": "Box", "type": "config", "driver_type": .string(driver),
                    "driver_inputs": ["values": values], "criteria": [["class": .string(id)]],
                ])
        }

        @Test func deploysAndRemovesWithADriverOfOnesOwn() async throws {
            let appliance = try await Appliance.shared()
            let example = try await ExampleDriverProcess()
            defer { example.end() }
            try await appliance.must(
                200, "POST", Self.drivers,
                [
                    "id": "files", "type": "config", "target": .string(example.url), "account_types": [],
                    "inputs_schema": ["properties": ["values": ["required": ["name"]]]],
                ])
            try await appliance.must(
                200, "POST", Self.drivers,
                [
                    "id": "small-files", "type": "config", "target": "driver://acme/files", "account_types": [],
                    "inputs_schema": [:],
                    "template": "values: {name: {{ .driver.values.team }}-small}",
                ])
            let refused = try await appliance.call(
                "POST", "/orgs/acme/resources/defs",
                [
                    "id": "box", "name": "Box", "type": "config", "driver_type": "acme/files",
                    "driver_inputs": ["values": ["nmae": "x"]],
                ])
            #expect(refused.status == 400 && refused.message.contains("driver_inputs.values.name"))
            try await define("box", driver: "acme/files", values: ["name": "${context.env.id}-box"], appliance)
            try await define("small", driver: "acme/small-files", values: ["team": "sea"], appliance)
            try await appliance.createApplication("boxes")

            try await appliance.succeeded(appliance.deploy(Self.score, to: Self.environment), in: Self.environment)
            try await eventually("the container's line") {
                try await appliance.lines(Self.environment).contains("development-box-3 sea-small 32")
            }
            #expect(try kept(example).count == 2)
            let inUse = try await appliance.call("DELETE", Self.drivers + "/files")
            #expect(inUse.status == 409 && inUse.body["details"]?["drivers"] == ["small-files"], "\(inUse)")

            #expect([202, 204].contains(try await appliance.call("DELETE", Self.app).status))
            try await eventually(within: .seconds(60), "the application's end") {
                try await appliance.call("GET", Self.app).status == 404
            }
            #expect(try kept(example).isEmpty)
            for definition in ["box", "small"] {
                try await appliance.must(204, "DELETE", "/orgs/acme/resources/defs/" + definition)
            }
            for driver in ["small-files", "files"] { try await appliance.must(204, "DELETE", Self.drivers + "/" + driver) }
        }

        /// The files of resources that stand.
        private func kept(_ example: ExampleDriverProcess) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: example.folder.path).filter { $0.hasSuffix(".json") }
        }
    }
}
