import ArgumentParser
import PlatformModel
import ServiceAPI

struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract:
            "Shows objects: apps, envs, env-types, types, classes, drivers, defs, profiles, rollouts, deploys, deletions, plans, drifts, "
            + "interventions, deltas, "
            + "sets, resources, values, secretstores, accounts, orgs, users, groups, invitations, tokens, oidc-trusts.",
        discussion:
            "'martlet get apps' lists, 'martlet get app ID' shows one. A resource is named as in the list: type.class#id; so is a class of resources: type.class. "
            + "Users are named by user name, mail address or id."
    )

    @Argument(help: "The kind of object, such as apps.", completion: .list(Noun.words)) var noun: String
    @Argument(help: "Which one; without it all are listed.") var id: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let noun = try Noun(word: noun)
        let session = try Session(options)
        let path = try noun.path(session)
        guard let id else {
            session.printer.show(try await session.gateway.get(path, query: noun.query), noun.table)
            return
        }
        guard noun.isListedOnly else {
            session.printer.show(try await session.gateway.get("\(path)/\(HTTPCall.segment(id))"))
            return
        }
        let all = try await session.gateway.get(path).array ?? []
        guard let object = all.first(where: { noun.id(of: $0) == id }) else {
            let nearest = nearestName(to: id, among: all.map(noun.id)).map { "; did you mean '\($0)'?" } ?? ""
            throw CommandFailure(.notFound, "there is no \(noun.rawValue) '\(id)' here, or you may not see it\(nearest)")
        }
        session.printer.show(object)
    }
}

struct Resources: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resources", abstract: "Lists the resources that stand in an environment.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        session.printer.show(try await session.gateway.get(try Noun.resource.path(session)), Noun.resource.table)
    }
}
