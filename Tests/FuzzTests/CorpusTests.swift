import FoundationEssentials
import Fuzz
import Glibc
import Testing

/// Everything that libFuzzer was given or has found: each input ends within a second of CPU, and keeps the parser's promises.
@Suite(.serialized) struct CorpusTests {
    private static let corpora = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/Corpora")

    @Test(arguments: FuzzTarget.all.map(\.name)) func replays(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let folder = Self.corpora.appending(path: name)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(!files.isEmpty)
        for file in files {
            let bytes = Array(try Data(contentsOf: folder.appending(path: file)))
            let started = Self.cpu()
            do { try target.run(bytes) } catch { Issue.record("\(name)/\(file): \(error)") }
            let used = Self.cpu() - started
            #expect(used < 1, "\(name)/\(file): \(used) s of CPU")
        }
    }

    @Test func everyCorpusHasItsParser() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpora.path)
        #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
    }

    /// Seconds that this thread has worked.
    private static func cpu() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
