import FoundationEssentials
import Glibc
import PlatformModel

/// The same answers, asked of whoever sits at the terminal. An empty line takes what is in brackets.
struct SetupQuestions {
    /// One line from the terminal; nil at its end.
    let read: () -> String?
    let write: (String) -> Void

    func ask(definitions: [String]) throws -> SetupAnswers {
        write(
            "Who signs in? openldap: a directory of yours (also FreeIPA, 389 DS); active_directory; local: nobody has one yet, and an\n"
        )
        write("OpenLDAP is installed on this machine (apt-get install slapd); none: as it is configured, or nobody yet.\n")
        let kinds = SetupAnswers.DirectoryKind.allCases
        let kind = try one("Directory", default: "none") { text in kinds.first { $0.rawValue == text } }
        var answers = SetupAnswers(kind: kind)
        if kind == .openLDAP || kind == .activeDirectory {
            answers.directory.urls = [try text("Its address", default: "ldaps://")]
            answers.directory.authorities = try text(
                "The authority of its certificate (PEM)", default: answers.directory.authorities)
            answers.directory.bindDN = try text("Search as (DN)")
            answers.directory.bindPasswordFile = try text("A file with that account's password, readable by root alone")
            answers.directory.userBase = try text("People are below (DN)")
            answers.directory.groupBase = try text("Groups are below (DN)", default: answers.directory.userBase)
        }
        if kind == .local {
            typealias Local = SetupAnswers.Local
            let person = try one("The first person's name, to sign in with", default: "") { Local.isName($0) ? $0 : nil }
            let domain = try one("The directory's domain", default: Local.domain) { Local.isDomain($0) ? $0 : nil }
            answers.local = Local(person: person, domain: domain)
        }
        let id = try text("First organisation (its id; - for none)", default: "-")
        guard id != "-" else { return answers }
        let name = try text("Its name", default: id)
        let administrators =
            kind == .local ? "-" : try text("The group that administers it (DN; - for none)", default: "-")
        answers.organization = .init(id: id, name: name, administrators: administrators == "-" ? nil : administrators)
        write("Ready definitions: \(definitions.joined(separator: ", "))\n")
        let names = try text("Import (names, or - for none)", default: "-")
        answers.definitions = names == "-" ? [] : names.split(whereSeparator: { ", ".contains($0) }).map(String.init)
        return answers
    }

    private func text(_ question: String, default fallback: String = "") throws -> String {
        try one(question, default: fallback) { $0.isEmpty ? nil : $0 }
    }

    /// Asks until it is answered.
    private func one<Value>(_ question: String, default fallback: String, _ take: (String) -> Value?) throws -> Value {
        while true {
            write(fallback.isEmpty ? "\(question): " : "\(question) [\(fallback)]: ")
            guard let line = read() else { throw ErrorBody(error: "ADM-040", message: "the answers ended at: \(question)") }
            let answer = line.split(separator: " ").joined(separator: " ")
            if let value = take(answer.isEmpty ? fallback : answer) { return value }
        }
    }
}
