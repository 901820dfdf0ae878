import PlatformModel
import Testing

@testable import AuditRules

/// The chain, and every way to tamper with it (T42).
@Suite struct AuditVerifierTests {
    struct Row: Sendable, Hashable {
        var number: Int64
        var record: AuditRecord
        var hash: [UInt8]
    }

    private static let full = AuditRecord(
        id: "0b7c", orgID: "acme", at: Timestamp(milliseconds: 1_700_000_000_123), room: "martlet_gateway", actor: "user:ann",
        tokenID: "t1", action: "createApplication", outcome: "done", method: "POST", path: "/orgs/acme/apps", status: 201,
        requestID: "r1", object: "shop", details: #"{"a": 1}"#)

    private static func record(_ number: Int) -> AuditRecord {
        var record = full
        record.id = "id\(number)"
        record.at = Timestamp(milliseconds: 1_700_000_000_000 + Int64(number))
        if number % 3 == 0 { record.orgID = nil }
        if number % 2 == 0 { record.method = nil; record.path = nil; record.status = nil; record.object = nil }
        return record
    }

    private static func rows(_ count: Int, after start: AuditMark? = nil) -> [Row] {
        var chain = AuditChain(after: start)
        return (0..<count).map { index in
            let record = record(Int(chain.number) + 1)
            let hash = chain.append(record)
            return Row(number: chain.number, record: record, hash: hash)
        }
    }

    private static func mark(_ row: Row, _ kind: AuditMark.Kind = .head) -> AuditMark {
        AuditMark(
            kind: kind, number: row.number, hash: row.hash, at: row.record.at, key: [UInt8](repeating: 1, count: 32),
            signature: [UInt8](repeating: 2, count: 64))
    }

    /// The first thing that is wrong.
    private func finding(
        _ rows: [Row], start: AuditMark? = nil, head: AuditMark?, others: [AuditMark] = [],
        isSigned: (AuditMark) -> Bool = { _ in true }
    ) -> AuditFinding? {
        do throws(AuditProblem) {
            var verifier = try AuditVerifier(start: start, head: head, others: others, isSigned: isSigned)
            for row in rows { try verifier.check(row.record, number: row.number, hash: row.hash) }
            try verifier.end()
            #expect(verifier.count == Int64(rows.count))
            return nil
        } catch { return error.finding }
    }

    private let rows = Self.rows(20)
    private var head: AuditMark { Self.mark(rows[19]) }

    @Test func aWholeChainIsWhole() {
        #expect(finding(rows, head: head) == nil)
        #expect(finding(rows, head: head, others: rows.map { Self.mark($0) }) == nil)
        #expect(finding([], head: nil) == nil)
    }

    @Test func everyDeletionIsNamed() {
        for index in rows.indices {
            var left = rows
            left.remove(at: index)
            #expect(finding(left, head: head) == .missing(first: Int64(index) + 1, last: Int64(index) + 1))
        }
        for first in rows.indices {
            for last in first..<rows.count {
                var left = rows
                left.removeSubrange(first...last)
                #expect(finding(left, head: head) == .missing(first: Int64(first) + 1, last: Int64(last) + 1))
            }
        }
    }

    @Test func everyChangeOfAColumnIsNamed() {
        let changes: [(inout AuditRecord) -> Void] = [
            { $0.id += "x" }, { $0.orgID = $0.orgID == nil ? "" : nil }, { $0.orgID = "evil" },
            { $0.at = Timestamp(milliseconds: $0.at.milliseconds + 1) }, { $0.room = "martlet_logs" }, { $0.actor = "user:bob" },
            { $0.tokenID = nil }, { $0.tokenID = "t2" }, { $0.action = "deleteApplication" }, { $0.outcome = "refused" },
            { $0.method = $0.method == nil ? "" : nil }, { $0.method = "GET" }, { $0.path = $0.path == nil ? "" : nil },
            { $0.path = "/orgs/acme" }, { $0.status = $0.status == nil ? 0 : nil }, { $0.status = 403 }, { $0.requestID = nil },
            { $0.object = $0.object == nil ? "" : nil }, { $0.object = "till" }, { $0.details += " " },
            // From one column into the next.
            { ($0.room, $0.actor) = ("martlet_gatewayuser:ann", "") },
        ]
        for index in rows.indices {
            for change in changes {
                var altered = rows
                change(&altered[index].record)
                #expect(
                    finding(altered, head: head)
                        == .altered(number: Int64(index) + 1, at: altered[index].record.at))
            }
        }
    }

    @Test func everyFlippedBitOfAHashIsNamed() {
        for index in rows.indices {
            for byte in 0..<32 {
                for bit in 0..<8 {
                    var altered = rows
                    altered[index].hash[byte] ^= 1 << UInt8(bit)
                    #expect(finding(altered, head: head) == .altered(number: Int64(index) + 1, at: rows[index].record.at))
                }
            }
        }
    }

    @Test func everySwapIsNamed() {
        for first in rows.indices {
            for second in rows.indices where first < second {
                var altered = rows
                (altered[first].record, altered[second].record) = (rows[second].record, rows[first].record)
                #expect(finding(altered, head: head) == .altered(number: Int64(first) + 1, at: rows[second].record.at))
                (altered[first].hash, altered[second].hash) = (rows[second].hash, rows[first].hash)
                #expect(finding(altered, head: head) == .altered(number: Int64(first) + 1, at: rows[second].record.at))
            }
        }
    }

    @Test func whatIsPutInIsNamed() {
        for index in rows.indices {
            var altered = rows
            altered.insert(rows[index], at: index)
            #expect(finding(altered, head: head) == .repeated(number: Int64(index) + 1))
        }
        #expect(finding(Self.rows(23), head: head) == .unsigned(first: 21, last: 23))
        #expect(finding(rows, head: nil) == .noHead)
    }

    @Test func aCutEndIsFoundByTheHeadAndByThoseElsewhere() {
        for count in rows.indices {
            let missing = AuditFinding.missing(first: Int64(count) + 1, last: 20)
            #expect(finding(Array(rows.prefix(count)), head: head) == missing)
            // Even where the database was brought back to what it once was.
            let old = count == 0 ? nil : Self.mark(rows[count - 1])
            #expect(finding(Array(rows.prefix(count)), head: old) == nil)
            #expect(finding(Array(rows.prefix(count)), head: old, others: [head]) == missing)
        }
    }

    @Test func aChainMadeAnewIsNamed() {
        for index in rows.indices {
            var chain = AuditChain(), anew: [Row] = []
            for (place, row) in rows.enumerated() {
                var record = row.record
                if place == index { record.actor = "user:bob" }
                let hash = chain.append(record)
                anew.append(Row(number: chain.number, record: record, hash: hash))
            }
            #expect(finding(anew, head: head) == .rewritten(number: 20, signedAt: head.at))
            let middle = Self.mark(rows[9])
            #expect(
                finding(anew, head: Self.mark(anew[19]), others: [middle])
                    == (index < 10 ? .rewritten(number: 10, signedAt: middle.at) : nil))
        }
    }

    @Test func signaturesAreLookedAtFirst() {
        let other = Self.mark(rows[4])
        #expect(finding(rows, head: head, isSigned: { _ in false }) == .forged(.head, number: 20))
        #expect(finding(rows, head: head, others: [other], isSigned: { $0.number != 5 }) == .forged(.head, number: 5))
        let start = Self.mark(rows[9], .start)
        #expect(
            finding(Self.rows(3, after: start), start: start, head: nil, isSigned: { $0.kind != .start })
                == .forged(.start, number: 10))
    }

    @Test func whatWasDroppedForItsAgeIsNotMissed() {
        let start = Self.mark(rows[9], .start), left = Array(rows.dropFirst(10))
        #expect(finding(left, start: start, head: head, others: rows.map { Self.mark($0) }) == nil)
        #expect(finding(left, head: head) == .missing(first: 1, last: 10))
        #expect(finding(Array(left.dropFirst()), start: start, head: head) == .missing(first: 11, last: 11))
        var other = start
        other.hash[0] ^= 1
        #expect(finding(left, start: other, head: head) == .altered(number: 11, at: left[0].record.at))
        #expect(
            finding(left, start: other, head: head, others: [Self.mark(rows[9])])
                == .rewritten(number: 10, signedAt: rows[9].record.at))
    }

    @Test func whatIsSignedIsAllOfTheMark() throws {
        let mark = Self.mark(rows[4])
        var seen: Set<[UInt8]> = [mark.signedBytes]
        for change: (inout AuditMark) -> Void in [
            { $0.kind = .start }, { $0.number += 1 }, { $0.hash[31] ^= 1 }, { $0.at = Timestamp(milliseconds: 0) },
            { $0.key[0] ^= 1 },
        ] {
            var other = mark
            change(&other)
            #expect(seen.insert(other.signedBytes).inserted)
        }
        #expect(AuditMark(line: mark.line) == mark)
        for end in 0..<mark.line.count { #expect(AuditMark(line: mark.line.prefix(end)) == nil) }
    }

    @Test func whatIsOnRecordCanBeStored() {
        let entry = AuditEntry(
            actor: "user:a\0b", action: "x", path: "/\0", object: "\0", details: ["k\0": ["\0", ["n": "\0"]]])
        #expect(!entry.row.canonical.contains("\\u0000"))
        #expect(entry.row["details"]?["k\u{fffd}"]?.array?.first == "\u{fffd}")
    }
}
