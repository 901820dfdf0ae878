import DeployTargets
import PlatformModel
import TestSupport
import Testing

/// What containers write, read with a cursor.
@Suite(.enabled(if: PrivatePodman.isAvailable)) struct PodmanOutputTests {
    private static func bundle(_ environment: EnvironmentContext, _ script: String) -> WorkloadBundle {
        Bundles.bundle(
            environment,
            Bundles.deployment(image: PrivatePodman.busyboxImage, command: ["/bin/sh", "-c", "\(script); sleep 1000"]))
    }

    @Test func everyLineOnceInOrder() async throws {
        try await PodmanBench.with { bench in
            let bundle = Self.bundle(Bundles.environment(), "for i in 1 2 3 4 5; do echo line $i; done; echo bad >&2")
            _ = try await bench.target.apply(bundle) { _ in }
            var lines: [ContainerLine] = [], cursor = OutputCursor()
            try await bench.podman.poll("six lines") {
                // A new reader each time: the cursor alone says where to go on.
                let batch = try await bench.restarted().target.output(since: cursor, limit: 2)
                lines += batch.lines
                cursor = batch.cursor
                return lines.count >= 6
            }
            #expect(lines.filter { $0.stream == .stdout }.map(\.text) == (1...5).map { "line \($0)" })
            #expect(lines.filter { $0.stream == .stderr }.map(\.text) == ["bad"])
            #expect(Set(lines.map(\.key)) == [bundle.key])
            let rest = try await bench.target.output(since: cursor, limit: 100)
            #expect(rest.lines.isEmpty && !rest.hasMore)
        }
    }

    @Test func whatALoudContainerLosesIsSaidAndTheRestIsRead() async throws {
        try await PodmanBench.with({ $0.outputLimit = 20_000 }) { bench in
            let bundle = Self.bundle(
                Bundles.environment(), "i=0; while [ $i -lt 5000 ]; do echo number $i; i=$((i+1)); done; echo the end")
            _ = try await bench.target.apply(bundle) { _ in }
            var lines: [ContainerLine] = [], cursor = OutputCursor()
            try await bench.podman.poll("the end") {
                let batch = try await bench.target.output(since: cursor, limit: 1000)
                lines += batch.lines
                cursor = batch.cursor
                return lines.last?.text == "the end"
            }
            let numbers = lines.compactMap { $0.stream == .stdout ? Int($0.text.dropFirst("number ".count)) : nil }
            #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
            #expect(numbers.count == 5000 || lines.contains { $0.stream == .notice })
        }
    }

    @Test func theLastLinesOfAContainerThatIsGoneAreReadAndThenGo() async throws {
        try await PodmanBench.with { bench in
            let bundle = Self.bundle(Bundles.environment(), "echo my last words")
            _ = try await bench.target.apply(bundle) { _ in }
            try await bench.target.remove(bundle.key)
            let batch = try await bench.target.output(since: OutputCursor(), limit: 10)
            #expect(batch.lines.map(\.text) == ["my last words"])
            try await bench.podman.poll("the file goes once it was read") {
                try await bench.target.output(since: batch.cursor, limit: 10).cursor.positions.isEmpty
            }
        }
    }
}
