import PlatformModel
import ServiceAPI
import TestSupport
import Testing

extension ApplianceTests {
    /// Each room asked alone, as `curl --unix-socket` does.
    @Suite struct RoomsTests {
        /// A route that only other rooms may use, for each room.
        private static let inner: [RoomName: (method: String, path: String)] = [
            .broker: ("POST", "/v1/secrets/read"), .logs: ("POST", "/v1/logs"),
            .runner: ("PUT", "/v1/actions/d/n/provision/1"), .orchestrator: ("GET", "/v1/orgs"),
            .gateway: ("GET", "/v1/principals/user%3Ax/roles"),
        ]

        private func body(_ run: CommandRun) throws -> JSON {
            try JSON.parse(run.output.split(separator: "\n").dropLast().joined(separator: "\n"))
        }

        @Test(arguments: RoomName.allCases) func healthAndReadiness(_ room: RoomName) async throws {
            let appliance = try await Appliance.shared()
            let health = try await appliance.curl(room, "/healthz")
            #expect(health.status == "200")
            #expect(try body(health) == ["room": .string(room.program), "alive": true])
            let ready = try await appliance.curl(room, "/readyz")
            #expect(ready.status == "200")
            #expect(
                try body(ready) == [
                    "room": .string(room.program), "ready": true, "failing": [:], "version": .string(ProductVersion.text),
                ])
            #expect(try await appliance.curl(room, "/metrics").output.contains("# TYPE "))
        }

        @Test(arguments: RoomName.allCases) func aWrongCallerIsToldWhatToDo(_ room: RoomName) async throws {
            let appliance = try await Appliance.shared()
            let route = try #require(Self.inner[room])
            // Root administers; it does not act for rooms. A stranger of the sockets' group gets not even the health.
            for (uid, path, method) in [
                (nil, route.path, route.method), (RoomName.strangerUID, route.path, route.method),
                (RoomName.strangerUID, "/healthz", "GET"), (RoomName.strangerUID, "/v1/admin/orgs/acme/roles", "POST"),
            ] as [(UInt32?, String, String)] {
                let run = try await appliance.curl(room, path, ["-X", method], as: uid)
                // Only two rooms have admin routes.
                if path.contains("/admin/"), run.status == "404" { continue }
                #expect(run.status == "403", "\(method) \(path): \(run.output)")
                let answer = try body(run)
                #expect(answer["error"] == "caller_not_allowed")
                #expect(answer["message"]?.string?.contains("`callers` in the service's file") == true)
                #expect(answer["details"]?["uid"]?.int == Int(uid ?? 0))
            }
            // Whoever is not in the group does not get as far as a connection.
            #expect(try await appliance.curl(room, "/healthz", as: RoomName.strangerUID, group: RoomName.strangerUID).code == 7)
        }

        @Test(arguments: RoomName.allCases) func aWrongRouteIsToldWhatIsThere(_ room: RoomName) async throws {
            let appliance = try await Appliance.shared()
            let none = try await appliance.curl(room, "/v1/nothing/here")
            #expect(none.status == "404")
            #expect(try body(none)["message"] == "there is no route /v1/nothing/here")
            let method = try await appliance.curl(room, "/healthz", ["-X", "DELETE"])
            #expect(method.status == "405")
            #expect(try body(method)["error"] == "method_not_allowed")
            #expect(try body(method)["message"]?.string?.hasPrefix("/healthz takes GET") == true)
            let version = try await appliance.curl(room, "/healthz", ["-H", "Martlet-Wire-Version: 99"])
            #expect(version.status == "426")
            #expect(try body(version)["message"]?.string?.contains("upgrade the older one") == true)
        }

        @Test(arguments: RoomName.allCases) func thePrograms(_ room: RoomName) async throws {
            let appliance = try await Appliance.shared()
            let program = ProgramProcess.folder + "/" + room.program
            let version = try await CommandRun([program, "--version"])
            #expect(version.code == 0 && version.output.hasPrefix(room.program + " "))
            #expect(try await CommandRun([program, "--fault-points"]).output.contains("\(room.rawValue)."))
            let wrong = try await CommandRun([program, "--confg"])
            #expect(wrong.code == 2 && wrong.error == "there is no option '--confg'; --help lists them\n")
            // An unknown key, in a file that is right but for it.
            let text = try #require(appliance.folder.read("\(room.rawValue).yaml"))
            let file = try appliance.folder.write("sokcet_mode: \"0660\"\n" + text, to: "wrong.yaml")
            let refused = try await CommandRun([program, "--config", file])
            #expect(refused.code == 2)
            #expect(
                refused.error.contains("\(file):1:1: CONF-102 sokcet_mode: unknown key; did you mean 'socket_mode'?"),
                "\(refused.error)")
        }

        /// The database goes: rooms stay alive, say what is missing, and are ready again by themselves.
        @Test func theDatabaseGoesAndComesBack() async throws {
            let appliance = try await Appliance.shared()
            try await appliance.database.stop()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for room in RoomName.allCases {
                    group.addTask {
                        #expect(try await appliance.curl(room, "/healthz").status == "200")
                        let ready = try await appliance.curl(room, "/readyz")
                        #expect(ready.status == "503", "\(room): \(ready.output)")
                        let failing = try body(ready)["failing"]?.object ?? [:]
                        #expect(failing.keys.contains("database"), "\(room): \(ready.output)")
                    }
                }
                try await group.waitForAll()
            }
            let asked = try await appliance.call("GET", "/orgs")
            #expect(asked.status == 503 && asked.headers["retry-after"] != nil, "\(asked)")
            try await appliance.database.start()
            for room in RoomName.allCases { try await appliance.untilReady(room) }
            try await appliance.must(200, "GET", "/orgs")
        }
    }
}
