import TestSupport
import Testing

@Suite struct AuditTests {
    /// Of a log without entries, and with what is no file of signed ends. A log with entries is System/AuditTests'.
    @Test func verifyAndShow() async throws {
        let fixture = try await AdminFixture()
        _ = try await fixture.run("bootstrap")
        let empty = try await fixture.run("audit", "verify")
        #expect(empty.code == 0 && empty.output.hasPrefix("0 entries are whole\nno --head was given"), "\(empty)")
        let json = try await fixture.run("audit", "verify", "--output", "json")
        #expect(json.code == 0 && json.output.contains(#""whole":true"#))
        #expect(try await fixture.run("audit", "show").output == "")
        try fixture.folder.write("{}\n", to: "heads")
        for (words, part) in [
            (["--head", fixture.folder.file("none")], "cannot be read"),
            (["--head", fixture.folder.file("heads")], "line 1 is no signed end"),
        ] {
            let wrong = try await CommandRun(
                [ProgramProcess.folder + "/martlet-admin", "audit", "verify", "--config", fixture.folder.file("admin.yaml")]
                    + words)
            #expect(wrong.code == 1 && wrong.error.hasPrefix("error: ADM-010: ") && wrong.error.contains(part), "\(wrong)")
        }
        // An end that another key signed.
        let mark =
            #"{"at":"2026-11-22T08:00:00.000Z","hash":"\#(String(repeating: "00", count: 32))","key":"\#(String(repeating: "00", count: 32))","kind":"head","number":5,"signature":"\#(String(repeating: "00", count: 64))"}"#
        try fixture.folder.write(mark + "\n", to: "heads")
        let forged = try await fixture.run("audit", "verify", "--head", fixture.folder.file("heads"))
        #expect(forged.code == 1 && forged.output.contains("NOT WHOLE: the signature of the chain's end at entry 5"), "\(forged)")
        #expect(try await fixture.run("audit", "show", "--since", "yesterday").code == 2)
    }
}
