import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The audit log: whether it is whole, and what is of no organisation.",
        subcommands: [AuditVerify.self, AuditShow.self])
}
