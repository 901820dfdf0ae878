import AccessControl
import Auditing
import DirectoryClient
import Logging
import Outgoing
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
    ///   - issuers: nil: as the configuration says.
    init(
        _ configuration: GatewayConfiguration, pool: PostgresPool, logger: Logger, metrics: MetricsRegistry = MetricsRegistry(),
        streamCheck: Duration = .seconds(10), recent: RecentPrincipals? = nil, issuers: IssuerKeys? = nil
    ) {
        let directory = Directory(configuration.ldap)
        let recent = recent ?? RecentPrincipals(pool: pool)
        self.recent = recent
        let people = DirectoryDesk(
            pool: pool, recent: recent, directory: directory, logger: logger, checkSeconds: configuration.directoryCheckSeconds,
            syncSeconds: configuration.directorySyncSeconds)
        let principals = PrincipalDesk(pool: pool, recent: recent), tokens = ServiceTokenDesk(pool: pool),
            roles = RoleDesk(pool: pool)
        let states = OrganizationStates(pool: pool)
        let breakGlass = BreakGlassDesk(
            pool: pool, sessionSeconds: configuration.breakGlassSeconds, logger: logger
        ) { event in
            metrics.count(
                "martlet_break_glass_total", help: "What the break-glass administrator did, or somebody tried in their name.",
                labels: ["event": event])
        }
        let signIns = SignInDesk(
            pool: pool, directory: directory, people: people, principals: principals,
            failures: SignInFailures(
                pool: pool, names: configuration.signIn.names, addresses: configuration.signIn.addresses, metrics: metrics,
                logger: logger),
            states: states, breakGlass: breakGlass,
            sessionSeconds: configuration.sessionSeconds,
            logger: logger)
        let orchestrator = RoomClient(room: "orchestrator", socket: configuration.orchestratorSocket)
        rights = ApplicationRights(pool: pool, recent: recent, orchestrator: orchestrator, logger: logger)
        gate = PublicGate(
            authentication: Authentication(pool: pool, recent: recent), principals: principals, states: states,
            own: OwnRoutes(
                document: APIDocument(path: configuration.apiDocument, logger: logger), signIns: signIns, tokens: tokens,
                principals: principals, profiles: ProfileDesk(pool: pool),
                people: PeopleRoutes(
                    people: PeopleDesk(pool: pool, objects: ObjectLookup(orchestrator: orchestrator), logger: logger),
                    groups: GroupDesk(pool: pool, logger: logger), invitations: InvitationDesk(pool: pool, logger: logger)),
                administrators: AdministratorDesk(pool: pool, roles: roles),
                personTokens: PersonTokenRoutes(desk: PersonTokenDesk(pool: pool, logger: logger)),
                trusts: TrustRoutes(
                    trusts: TrustDesk(pool: pool, logger: logger),
                    exchanges: TokenExchangeDesk(
                        pool: pool,
                        keys: issuers
                            ?? IssuerKeys(
                                connector: OutgoingClient(rules: configuration.issuerAddresses),
                                authorities: configuration.issuerAuthorities, logger: logger), metrics: metrics, logger: logger)),
                auditLog: AuditLogDesk(pool: pool)),
            relay: RoomRelay(
                orchestrator: orchestrator, logs: RoomClient(room: "logs", socket: configuration.logsSocket),
                streamCheck: streamCheck),
            rights: rights, audit: GateAudit(pool), clients: ClientAddress(proxies: configuration.trustedProxies),
            limits: RateLimiter(configuration.rates, metrics: metrics),
            idempotent: IdempotentAnswers(pool: pool, logger: logger), logger: logger)
        rooms = RoomRoutes(
            people: people, principals: principals, roles: roles, tokens: tokens,
            signIns: SignInRoutes(pool: pool, clients: gate.clients), states: states, breakGlass: breakGlass)
        keeping = SessionKeeping(
            pool: pool, people: people, forgetSeconds: configuration.signIn.names.forgetSeconds, logger: logger)
    }

    /// Puts the room together from its file.
    package static func assemble(_ configuration: GatewayConfiguration, _ room: RoomBuilder) throws {
        let pool = PostgresPool(
            PostgresConfiguration(dsn: configuration.database, applicationName: room.name), logger: room.logger)
        let gateway = Gateway(configuration, pool: pool, logger: room.logger, metrics: room.metrics)
        let tls = try ServerCertificate.configuration(configuration.tls, logger: room.logger)
        // So that many slow clients leave room for the others.
        room.limits.connections = 4096
        room.limits.connectionsPerAddress = configuration.connectionsPerAddress
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
