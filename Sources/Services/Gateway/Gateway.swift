import Auditing
import Cryptography
import DirectoryClient
import Logging
import Postgres
import ServiceAPI
import ServiceRuntime

/// The gateway: the only room that meets the network's users.
package struct Gateway: Sendable {
    let gate: PublicGate
    let rooms: RoomRoutes
    let keeping: SessionKeeping
    let rights: ApplicationRights
    let recent: RecentPrincipals

    /// - Parameters:
    ///   - streamCheck: How often an open stream's right to go on is looked at.
    ///   - recent: Whom it has looked up a moment ago.
    init(
        _ configuration: GatewayConfiguration, pool: PostgresPool, logger: Logger, streamCheck: Duration = .seconds(10),
        recent: RecentPrincipals? = nil
    ) {
        let directory = Directory(configuration.ldap)
        let recent = recent ?? RecentPrincipals(pool: pool)
        self.recent = recent
        let people = DirectoryDesk(
            pool: pool, recent: recent, directory: directory, logger: logger, checkSeconds: configuration.directoryCheckSeconds,
            syncSeconds: configuration.directorySyncSeconds)
        let principals = PrincipalDesk(pool: pool, recent: recent), tokens = ServiceTokenDesk(pool: pool),
            roles = RoleDesk(pool: pool)
        let signIns = SignInDesk(
            pool: pool, directory: directory, people: people, principals: principals,
            sessionSeconds: configuration.sessionSeconds,
            logger: logger)
        let orchestrator = RoomClient(room: "orchestrator", socket: configuration.orchestratorSocket)
        rights = ApplicationRights(pool: pool, recent: recent, orchestrator: orchestrator, logger: logger)
        gate = PublicGate(
            authentication: Authentication(pool: pool, recent: recent), principals: principals,
            own: OwnRoutes(
                signIns: signIns, tokens: tokens, principals: principals, profiles: ProfileDesk(pool: pool),
                people: PeopleRoutes(
                    people: PeopleDesk(pool: pool, objects: ObjectLookup(orchestrator: orchestrator), logger: logger),
                    groups: GroupDesk(pool: pool, logger: logger), invitations: InvitationDesk(pool: pool, logger: logger)),
                personTokens: PersonTokenRoutes(desk: PersonTokenDesk(pool: pool, logger: logger)),
                auditLog: AuditLogDesk(pool: pool)),
            relay: RoomRelay(
                orchestrator: orchestrator, logs: RoomClient(room: "logs", socket: configuration.logsSocket),
                streamCheck: streamCheck),
            rights: rights, audit: GateAudit(pool), logger: logger)
        rooms = RoomRoutes(people: people, principals: principals, roles: roles, tokens: tokens)
        keeping = SessionKeeping(pool: pool, people: people, logger: logger)
    }

    /// Puts the room together from its file.
    package static func assemble(_ configuration: GatewayConfiguration, _ room: RoomBuilder) throws {
        var database = PostgresConfiguration(dsn: configuration.database, applicationName: room.name)
        if let path = configuration.databasePasswordFile { database.password = try SecretFile.read(path).copyText() }
        let pool = PostgresPool(database, logger: room.logger)
        let gateway = Gateway(configuration, pool: pool, logger: room.logger)
        let tls = try ServerCertificate.configuration(configuration.tls, logger: room.logger)
        gateway.gate.add(to: room.listen("public", host: configuration.host, port: configuration.port, tls: tls))
        room.router.aroundAdmin = AdminAudit(RequestAudit(pool))
        gateway.rooms.add(to: room.router)
        room.run("database", pool)
        room.run("recent principals", gateway.recent)
        room.run("sessions", gateway.keeping)
        room.run("application rights", gateway.rights)
        let alarm = gateway.keeping.people.alarm
        room.metrics.gauge(
            "martlet_directory_held_people",
            help: "People whose loss of access waits for martlet-admin ldap sync --confirm-removals."
        ) { Double(alarm.count) }
        room.check("database") { try await pool.checkSchema() }
    }
}
