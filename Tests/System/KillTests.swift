import Glibc
import PlatformModel
import Synchronization
import TestSupport
import Testing

extension ApplianceTests {
    /// Each program is killed without a warning while clients write through the API. What was acknowledged is there.
    @Suite struct KillTests {
        /// What the API has acknowledged.
        private final class Ledger: Sendable {
            struct Token: Sendable {
                var id: String
                var token: String
            }

            let deltas = Mutex<[String: String]>([:])
            let tokens = Mutex<[Token]>([])
            /// Definition -> the length of its secret.
            let secrets = Mutex<[String: Int]>([:])
            let deployments = Mutex<[String]>([])
            /// Names that were tried.
            private let number = Mutex(0)

            func next() -> Int {
                number.withLock {
                    $0 += 1
                    return $0
                }
            }
        }

        private static let app = "/orgs/acme/apps/kill"
        private static let shop = app + "/envs/development", ticks = app + "/envs/ticks"
        /// Writes of a kind, around each kill.
        private static let writes = 12

        @Test func noAcknowledgedWriteIsLost() async throws {
            let appliance = try await Appliance.shared()
            try await appliance.createApplication("kill")
            try await appliance.definePostgres(for: "kill")
            try await appliance.must(201, "POST", Self.app + "/envs", ["id": "ticks", "name": "Ticks", "type": "development"])
            try await appliance.succeeded(try await appliance.deploy(Scores.ticker, to: Self.ticks), in: Self.ticks)
            let ledger = Ledger()
            for room in RoomName.allCases { try await round(room, appliance, ledger) }
            try await check(appliance, ledger)
            try await checkSecrets(appliance, ledger)
            try await checkTicks(appliance)
        }

        /// Writers of each kind; the room is killed when each of them has been answered once, and started again.
        private func round(_ room: RoomName, _ appliance: Appliance, _ ledger: Ledger) async throws {
            let (answered, isAnswered) = AsyncStream.makeStream(of: Int.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (kind, write) in [Self.delta, Self.token, Self.definition].enumerated() {
                    group.addTask {
                        for _ in 0..<Self.writes {
                            // An answer that was lost is no acknowledgement.
                            if (try? await write(appliance, ledger)) == true { isAnswered.yield(kind) }
                        }
                        isAnswered.yield(kind)
                    }
                }
                group.addTask {
                    let body: JSON = [
                        "files": [["name": "score.yaml", "score": .string(Scores.shop(greeting: "round-\(room)"))]]
                    ]
                    let made = try await appliance.must(202, "POST", Self.shop + "/score-deploys", body)
                    ledger.deployments.withLock { $0.append(made["id"]?.string ?? "") }
                    isAnswered.yield(3)
                }
                group.addTask {
                    var seen: Set<Int> = []
                    for await kind in answered {
                        seen.insert(kind)
                        if seen.count == 4 { break }
                    }
                    try await appliance.killAndRestart(room)
                }
                try await group.waitForAll()
            }
            for id in ledger.deployments.withLock({ $0 }).suffix(1) { try await appliance.succeeded(id, in: Self.shop) }
        }

        private static let delta: @Sendable (Appliance, Ledger) async throws -> Bool = { appliance, ledger in
            let name = "delta \(ledger.next())"
            let answer = try await appliance.call(
                "POST", app + "/deltas", ["metadata": ["env_id": "development", "name": .string(name)], "modules": [:]])
            guard answer.status == 200, let id = answer.body["id"]?.string else { return false }
            ledger.deltas.withLock { $0[id] = name }
            return true
        }

        private static let token: @Sendable (Appliance, Ledger) async throws -> Bool = { appliance, ledger in
            let answer = try await appliance.call(
                "POST", "/orgs/acme/tokens", ["name": .string("t-\(ledger.next())"), "org_role": "member"])
            guard answer.status == 201, let id = answer.body["id"]?.string, let token = answer.body["token"]?.string else {
                return false
            }
            ledger.tokens.withLock { $0.append(.init(id: id, token: token)) }
            return true
        }

        private static let definition: @Sendable (Appliance, Ledger) async throws -> Bool = { appliance, ledger in
            let number = ledger.next(), id = "s-\(number)"
            let answer = try await appliance.call(
                "POST", "/orgs/acme/resources/defs",
                [
                    "id": .string(id), "name": "A secret", "type": "config", "driver_type": "martlet/template",
                    "driver_inputs": [
                        "values": ["templates": ["secrets": "secret: {{ .driver.secrets.secret }}"]],
                        "secrets": ["secret": .string(String(repeating: "x", count: 20 + number))],
                    ],
                    "criteria": [["class": .string(id)]],
                ])
            guard answer.status == 200 else { return false }
            ledger.secrets.withLock { $0[id] = 20 + number }
            return true
        }

        private func check(_ appliance: Appliance, _ ledger: Ledger) async throws {
            let deltas = ledger.deltas.withLock { $0 }, tokens = ledger.tokens.withLock { $0 }
            #expect(deltas.count > Self.writes && tokens.count > Self.writes, "\(deltas.count) \(tokens.count)")
            for (id, name) in deltas {
                #expect(try await appliance.must(200, "GET", "\(Self.app)/deltas/\(id)")["metadata"]?["name"]?.string == name)
            }
            let listed = try await appliance.must(200, "GET", "/orgs/acme/tokens").array?.compactMap { $0["id"]?.string } ?? []
            #expect(Set(tokens.map(\.id)).isSubset(of: listed))
            for token in tokens { try await appliance.must(200, "GET", "/current-user", token: token.token) }
            let deployments = ledger.deployments.withLock { $0 }
            #expect(deployments.count == RoomName.allCases.count)
            let statuses = try await appliance.must(200, "GET", Self.shop + "/deploys").array ?? []
            #expect(statuses.map { $0["status"] } == deployments.map { _ in "succeeded" })
        }

        /// Every secret reaches a container as it was given.
        private func checkSecrets(_ appliance: Appliance, _ ledger: Ledger) async throws {
            let secrets = ledger.secrets.withLock { $0 }
            #expect(secrets.count > Self.writes, "\(secrets.count)")
            let environment = Self.app + "/envs/reader"
            try await appliance.must(201, "POST", Self.app + "/envs", ["id": "reader", "name": "Reader", "type": "development"])
            let id = try await appliance.deploy(Scores.reader(of: secrets.keys.sorted()), to: environment)
            try await appliance.succeeded(id, in: environment)
            let expected = Set(secrets.map { "length of \($0.key): \($0.value)" })
            try await eventually("the lengths of all secrets") {
                expected.isSubset(of: try await appliance.lines(environment))
            }
        }

        /// The container wrote on while the runner and the logs were dead: each line is there. Only what was on its way when the
        /// runner died may be there twice.
        private func checkTicks(_ appliance: Appliance) async throws {
            let before = try await appliance.lines(Self.ticks).count
            try await eventually("more lines") { try await appliance.lines(Self.ticks).count > before + 5 }
            let lines = try await appliance.lines(Self.ticks), different = Set(lines)
            #expect(different == Set(different.indices.enumerated().map { "tick \($0.offset)" }))
            // One batch, however long the machine stood still before it was sent.
            let counts = Dictionary(grouping: lines, by: \.self).mapValues(\.count)
            let twice = counts.filter { $0.value > 1 }.keys.compactMap { Int($0.dropFirst(5)) }.sorted()
            #expect(counts.values.allSatisfy { $0 <= 2 } && twice.first != 0, "\(counts)")
            #expect(twice == Array((twice.first ?? 0)..<((twice.last ?? -1) + 1)), "\(twice)")
        }
    }
}
