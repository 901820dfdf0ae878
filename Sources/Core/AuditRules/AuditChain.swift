import PlatformModel

/// A chain of entries, as it grows.
package struct AuditChain: Sendable, Hashable {
    /// Of the last entry; 0 where there is none.
    package private(set) var number: Int64
    package private(set) var hash: [UInt8]

    /// - Parameter mark: Behind which it goes on; without one it begins.
    package init(after mark: AuditMark? = nil) {
        number = mark?.number ?? 0
        hash = mark?.hash ?? [UInt8](repeating: 0, count: 32)
    }

    /// The hash of the entry, which is the chain's last now.
    package mutating func append(_ record: AuditRecord) -> [UInt8] {
        number += 1
        hash = record.hash(number: number, after: hash)
        return hash
    }
}

/// What is wrong with a chain: the first of it.
package enum AuditFinding: Sendable, Hashable, CustomStringConvertible {
    case missing(first: Int64, last: Int64)
    case repeated(number: Int64)
    /// The entry, or its hash, is another than the one that was sealed.
    case altered(number: Int64, at: Timestamp)
    /// Entries up to this one are not those that were signed: a whole chain was made anew.
    case rewritten(number: Int64, signedAt: Timestamp)
    /// There are entries behind the last signed one that the sealer did not sign.
    case unsigned(first: Int64, last: Int64)
    /// A mark's signature is not one of our keys.
    case forged(AuditMark.Kind, number: Int64)
    /// The sealer's own mark is not in the database.
    case noHead

    package var description: String {
        switch self {
        case .missing(let first, let last) where first == last: "entry \(first) is missing"
        case .missing(let first, let last): "entries \(first) to \(last) are missing"
        case .repeated(let number): "entry \(number) is there twice"
        case .altered(let number, let at): "entry \(number), of \(at), is not the one that was sealed"
        case .rewritten(let number, let at): "the entries up to \(number) are not those that were signed at \(at)"
        case .unsigned(let first, let last): "entries \(first) to \(last) were put behind the signed end"
        case .forged(.head, let number): "the signature of the chain's end at entry \(number) is not by a key of this broker"
        case .forged(.start, let number):
            "the signature of the chain's beginning at entry \(number) is not by a key of this broker"
        case .noHead: "the signed end of the chain is gone"
        }
    }
}

/// Goes through a chain from its beginning, entry by entry, and says what is wrong first.
package struct AuditVerifier: Sendable {
    private var chain: AuditChain
    /// Those that are still ahead, the nearest last.
    private var ahead: [AuditMark]
    private let own: AuditMark?

    /// How many entries were whole so far.
    package private(set) var count: Int64 = 0

    /// - Parameters:
    ///   - start: The database's own, where entries were dropped.
    ///   - head: The database's own.
    ///   - others: Heads that were kept elsewhere.
    ///   - isSigned: Whether a mark's signature is by a key of the broker's.
    /// - Throws: `AuditProblem`.
    package init(
        start: AuditMark?, head: AuditMark?, others: [AuditMark] = [], isSigned: (AuditMark) -> Bool
    ) throws(AuditProblem) {
        for mark in [start, head].compactMap({ $0 }) + others where !isSigned(mark) {
            throw AuditProblem(.forged(mark.kind, number: mark.number))
        }
        chain = AuditChain(after: start)
        own = head
        let begin = chain
        // What was dropped cannot be compared any more; the end of it can.
        ahead = ([head].compactMap { $0 } + others.filter { $0.kind == .head }).filter { $0.number >= begin.number }
            .sorted { $0.number > $1.number }
        try compare()
    }

    /// The next entry by its number.
    package mutating func check(_ record: AuditRecord, number: Int64, hash: [UInt8]) throws(AuditProblem) {
        guard number > chain.number else { throw AuditProblem(.repeated(number: number)) }
        guard number == chain.number + 1 else { throw AuditProblem(.missing(first: chain.number + 1, last: number - 1)) }
        guard chain.append(record) == hash else { throw AuditProblem(.altered(number: number, at: record.at)) }
        try compare()
        count += 1
    }

    /// There are no more entries.
    package func end() throws(AuditProblem) {
        if let furthest = ahead.first { throw AuditProblem(.missing(first: chain.number + 1, last: furthest.number)) }
        guard let own else {
            if count > 0 { throw AuditProblem(.noHead) }
            return
        }
        if own.number < chain.number { throw AuditProblem(.unsigned(first: own.number + 1, last: chain.number)) }
    }

    private mutating func compare() throws(AuditProblem) {
        while let mark = ahead.last, mark.number == chain.number {
            guard mark.hash == chain.hash else { throw AuditProblem(.rewritten(number: mark.number, signedAt: mark.at)) }
            ahead.removeLast()
        }
    }
}

/// A chain that is not whole.
package struct AuditProblem: Error, Sendable, Hashable {
    package let finding: AuditFinding
    init(_ finding: AuditFinding) { self.finding = finding }
}
