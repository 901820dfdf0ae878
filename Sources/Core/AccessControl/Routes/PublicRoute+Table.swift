extension PublicRoute {
    private static let noBody = 0
    private static let smallBody = 16 << 10
    /// An issuer's token, and what it is for.
    private static let tokenBody = 32 << 10
    private static let jsonBody = 1 << 20
    /// Deltas and definitions hold inline scripts and files.
    private static let documentBody = 4 << 20
    /// Score files with the files that they mount, in base64.
    private static let scoreBody = 8 << 20

    /// Every public route. The contract's routes have its methods and patterns; what the contract lacks is marked as ours.
    package static let all: [PublicRoute] =
        own + appliance + people + organization + definitions + profiles + rollouts + preparations + secretStores + values
        + deployments

    private static func route(
        _ method: String, _ pattern: String, _ room: Room, _ action: Action, body: Int = noBody, kind: Kind = .json,
        status: Int? = nil, query: Set<String> = []
    ) -> PublicRoute {
        PublicRoute(
            method: method, pattern: pattern, room: room, action: action, kind: kind, bodyLimit: body,
            status: status ?? (method == "DELETE" ? 204 : 200),
            query: kind == .stream ? query.union(["last_event_id"]) : query)
    }

    /// Answered by the gateway itself. Ours, but for `current-user` and a person's tokens.
    private static let own: [PublicRoute] = [
        // What all of this is, for programs: docs/reference/openapi.json.
        route("GET", "/openapi.json", .gateway, .viewDocument),
        route("POST", "/auth/login", .gateway, .signIn, body: smallBody),
        route("POST", "/auth/token-exchange", .gateway, .exchangeToken, body: tokenBody),
        route("POST", "/auth/logout", .gateway, .signOut, body: smallBody, status: 204),
        route("GET", "/current-user", .gateway, .viewSelf),
        route("PATCH", "/current-user", .gateway, .changeSelf, body: smallBody),
        // The organisation is the service user's; a person's own sessions belong to none.
        route("GET", "/users/{userId}/tokens", .gateway, .viewPersonTokens),
        route("POST", "/users/{userId}/tokens", .gateway, .createPersonToken, body: smallBody),
        route("GET", "/users/{userId}/tokens/{tokenId}", .gateway, .viewPersonTokens),
        route("DELETE", "/users/{userId}/tokens/{tokenId}", .gateway, .endPersonToken),
        route("GET", "/orgs/{orgId}/tokens", .gateway, .viewTokens),
        route("POST", "/orgs/{orgId}/tokens", .gateway, .changeTokens, body: smallBody, status: 201),
        route("DELETE", "/orgs/{orgId}/tokens/{tokenId}", .gateway, .changeTokens),
        route("GET", "/orgs/{orgId}/oidc-trusts", .gateway, .viewTrusts),
        route("POST", "/orgs/{orgId}/oidc-trusts", .gateway, .changeTrusts, body: smallBody, status: 201),
        route("GET", "/orgs/{orgId}/oidc-trusts/{trustId}", .gateway, .viewTrusts),
        route("DELETE", "/orgs/{orgId}/oidc-trusts/{trustId}", .gateway, .changeTrusts),
    ]

    /// Organisations as the appliance's administrators have them. Ours. What the gateway asks the orchestrator about names no organisation to
    /// those who hold nothing here.
    private static let appliance: [PublicRoute] = [
        route("GET", "/appliance/orgs", .orchestrator, .viewAppliance),
        route("POST", "/appliance/orgs", .orchestrator, .changeOrganizations, body: smallBody, status: 201),
        route("GET", "/appliance/orgs/{orgId}", .orchestrator, .viewAppliance),
        route(
            "DELETE", "/appliance/orgs/{orgId}", .orchestrator, .changeOrganizations, status: 202,
            query: ["confirm", "with_everything"]),
        route("GET", "/appliance/orgs/{orgId}/limits", .orchestrator, .viewAppliance),
        route("PATCH", "/appliance/orgs/{orgId}/limits", .orchestrator, .changeOrganizations, body: smallBody),
        route("POST", "/appliance/orgs/{orgId}/actions/suspend", .orchestrator, .changeOrganizations, body: smallBody),
        route("POST", "/appliance/orgs/{orgId}/actions/resume", .orchestrator, .changeOrganizations, body: smallBody),
        route("GET", "/appliance/orgs/{orgId}/administrators", .gateway, .repairAccess),
        route("POST", "/appliance/orgs/{orgId}/administrators", .gateway, .repairAccess, body: smallBody),
        route("DELETE", "/appliance/orgs/{orgId}/administrators/{userId}", .gateway, .repairAccess),
    ]

    /// Who is in an organisation, and who holds which role on what: the contract's.
    private static let people: [PublicRoute] =
        holders(of: "/orgs/{orgId}", view: .viewUsers, change: .changeUsers, add: .createServiceUser)
        + holders(
            of: "/orgs/{orgId}/apps/{appId}", view: .viewAppUsers, change: .changeAppUsers, add: .changeAppUsers)
        + holders(
            of: "/orgs/{orgId}/env-types/{envTypeId}", view: .viewEnvTypeUsers, change: .changeEnvTypeUsers,
            add: .changeEnvTypeUsers)
        + [
            route("GET", "/orgs/{orgId}/invitations", .gateway, .viewInvitations),
            route("POST", "/orgs/{orgId}/invitations", .gateway, .invite, body: smallBody),
            route("POST", "/orgs/{orgId}/groups", .gateway, .createGroup, body: smallBody),
            route("GET", "/orgs/{orgId}/groups/{groupId}/users", .gateway, .viewUsers),
            route("GET", "/orgs/{orgId}/users/{userId}/groups", .gateway, .viewPermissions),
            route("GET", "/orgs/{orgId}/users/{userId}/perms", .gateway, .viewPermissions),
            route(
                "GET", "/orgs/{orgId}/audit-logs", .gateway, .viewAuditLog, query: ["from", "to", "page", "per_page", "outcome"]),
            // Ours: where somebody is signed in, and the end of it.
            route("GET", "/orgs/{orgId}/users/{userId}/sessions", .gateway, .viewSessions),
            route("DELETE", "/orgs/{orgId}/users/{userId}/sessions", .gateway, .endSessions),
        ]

    /// - Parameter add: What a POST takes; on the organisation it makes a service user, since people come by invitation.
    private static func holders(of object: String, view: Action, change: Action, add: Action) -> [PublicRoute] {
        [
            route("GET", object + "/users", .gateway, view, query: ["type"]),
            route("POST", object + "/users", .gateway, add, body: smallBody),
            route("GET", object + "/users/{userId}", .gateway, view),
            route("PATCH", object + "/users/{userId}", .gateway, change, body: smallBody),
            route("DELETE", object + "/users/{userId}", .gateway, change),
        ]
    }

    private static let organization: [PublicRoute] = [
        route("GET", "/orgs", .orchestrator, .listOrganizations),
        route("GET", "/orgs/{orgId}", .orchestrator, .viewOrganization),
        // Ours: how much it may have, and has.
        route("GET", "/orgs/{orgId}/limits", .orchestrator, .viewOrganization),
        route("GET", "/orgs/{orgId}/apps", .orchestrator, .listApplications),
        route("POST", "/orgs/{orgId}/apps", .orchestrator, .createApplication, body: jsonBody, status: 201),
        route("GET", "/orgs/{orgId}/apps/{appId}", .orchestrator, .viewApplication),
        route("DELETE", "/orgs/{orgId}/apps/{appId}", .orchestrator, .deleteApplication, query: ["force"]),
        route("GET", "/orgs/{orgId}/env-types", .orchestrator, .viewEnvironmentTypes),
        route("POST", "/orgs/{orgId}/env-types", .orchestrator, .changeEnvironmentTypes, body: jsonBody, status: 201),
        route("GET", "/orgs/{orgId}/env-types/{envTypeId}", .orchestrator, .viewEnvironmentTypes),
        route("DELETE", "/orgs/{orgId}/env-types/{envTypeId}", .orchestrator, .changeEnvironmentTypes),
        // Ours: whether its environments are looked at by themselves.
        route("GET", "/orgs/{orgId}/env-types/{envTypeId}/drift", .orchestrator, .viewEnvironmentTypes),
        route("PUT", "/orgs/{orgId}/env-types/{envTypeId}/drift", .orchestrator, .changeEnvironmentTypes, body: smallBody),
        // Ours: how long anything may take in its environments.
        route("GET", "/orgs/{orgId}/env-types/{envTypeId}/limits", .orchestrator, .viewEnvironmentTypes),
        route("PUT", "/orgs/{orgId}/env-types/{envTypeId}/limits", .orchestrator, .changeEnvironmentTypes, body: smallBody),
    ]

    private static let definitions: [PublicRoute] = [
        route("GET", "/orgs/{orgId}/resources/types", .orchestrator, .viewResourceTypes),
        route("POST", "/orgs/{orgId}/resources/types", .orchestrator, .changeResourceTypes, body: jsonBody),
        route(
            "PUT", "/orgs/{orgId}/resources/types/{typeId}", .orchestrator, .changeResourceTypes, body: jsonBody, query: ["force"]
        ),
        route(
            "PATCH", "/orgs/{orgId}/resources/types/{typeId}", .orchestrator, .changeResourceTypes, body: jsonBody,
            query: ["force"]),
        route("DELETE", "/orgs/{orgId}/resources/types/{typeId}", .orchestrator, .changeResourceTypes),
        route("GET", "/orgs/{orgId}/resources/classes", .orchestrator, .viewResourceTypes),
        route("POST", "/orgs/{orgId}/resources/types/{typeId}/classes", .orchestrator, .changeResourceTypes, body: jsonBody),
        route("GET", "/orgs/{orgId}/resources/types/{typeId}/classes/{classId}", .orchestrator, .viewResourceTypes),
        route(
            "PATCH", "/orgs/{orgId}/resources/types/{typeId}/classes/{classId}", .orchestrator, .changeResourceTypes,
            body: jsonBody),
        route("DELETE", "/orgs/{orgId}/resources/types/{typeId}/classes/{classId}", .orchestrator, .changeResourceTypes),
        route("GET", "/orgs/{orgId}/resources/account-types", .orchestrator, .viewAccounts),
        route("GET", "/orgs/{orgId}/resources/accounts", .orchestrator, .viewAccounts),
        route("POST", "/orgs/{orgId}/resources/accounts", .orchestrator, .changeAccounts, body: jsonBody, query: ["dry_run"]),
        route("GET", "/orgs/{orgId}/resources/accounts/{accId}", .orchestrator, .viewAccounts),
        route(
            "PATCH", "/orgs/{orgId}/resources/accounts/{accId}", .orchestrator, .changeAccounts, body: jsonBody,
            query: ["dry_run"]),
        route("DELETE", "/orgs/{orgId}/resources/accounts/{accId}", .orchestrator, .changeAccounts),
        route("POST", "/orgs/{orgId}/resources/accounts/{accId}/actions/check", .orchestrator, .changeAccounts, body: smallBody),
        route("GET", "/orgs/{orgId}/resources/drivers", .orchestrator, .viewDefinitions),
        route("POST", "/orgs/{orgId}/resources/drivers", .orchestrator, .changeDefinitions, body: jsonBody),
        route("GET", "/orgs/{orgId}/resources/drivers/{driverId}", .orchestrator, .viewDefinitions),
        route("PUT", "/orgs/{orgId}/resources/drivers/{driverId}", .orchestrator, .changeDefinitions, body: jsonBody),
        route("DELETE", "/orgs/{orgId}/resources/drivers/{driverId}", .orchestrator, .changeDefinitions),
        route(
            "GET", "/orgs/{orgId}/resources/defs", .orchestrator, .viewDefinitions,
            query: ["res_type", "class", "app", "env", "env_type", "res"]),
        route("POST", "/orgs/{orgId}/resources/defs", .orchestrator, .changeDefinitions, body: documentBody),
        route("GET", "/orgs/{orgId}/resources/defs/{defId}", .orchestrator, .viewDefinitions),
        // Ours: which active resources a change would give to another definition.
        route(
            "GET", "/orgs/{orgId}/resources/defs/{defId}/impact", .orchestrator, .viewDefinitions,
            query: ["criteria_id", "app_id", "class", "env_id", "env_type", "res_id"]),
        route("GET", "/orgs/{orgId}/resources/defs/{defId}/versions", .orchestrator, .viewDefinitions),
        route("GET", "/orgs/{orgId}/resources/defs/{defId}/versions/{defVersionId}", .orchestrator, .viewDefinitions),
        route(
            "POST", "/orgs/{orgId}/resources/defs/{defId}/versions/{defVersionId}/actions/promote", .orchestrator,
            .changeDefinitions, body: smallBody, status: 204),
        route("PUT", "/orgs/{orgId}/resources/defs/{defId}", .orchestrator, .changeDefinitions, body: documentBody),
        route("PATCH", "/orgs/{orgId}/resources/defs/{defId}", .orchestrator, .changeDefinitions, body: documentBody),
        route("DELETE", "/orgs/{orgId}/resources/defs/{defId}", .orchestrator, .changeDefinitions, query: ["force"]),
        route("POST", "/orgs/{orgId}/resources/defs/{defId}/criteria", .orchestrator, .changeDefinitions, body: jsonBody),
        route("PUT", "/orgs/{orgId}/resources/defs/{defId}/criteria", .orchestrator, .changeDefinitions, body: jsonBody),
        route(
            "DELETE", "/orgs/{orgId}/resources/defs/{defId}/criteria/{criteriaId}", .orchestrator, .changeDefinitions,
            query: ["force"]),
    ]

    private static let profiles: [PublicRoute] = [
        route("GET", "/orgs/{orgId}/workload-profiles", .orchestrator, .viewProfiles, query: ["deprecated"]),
        route("POST", "/orgs/{orgId}/workload-profiles", .orchestrator, .changeProfiles, body: jsonBody, status: 201),
        route("GET", "/orgs/{orgId}/workload-profiles/{profileQid}", .orchestrator, .viewProfiles),
        route("PUT", "/orgs/{orgId}/workload-profiles/{profileQid}", .orchestrator, .changeProfiles, body: jsonBody),
        route("DELETE", "/orgs/{orgId}/workload-profiles/{profileQid}", .orchestrator, .changeProfiles),
        route("GET", "/orgs/{orgId}/workload-profiles/{profileQid}/versions", .orchestrator, .viewProfiles),
        route("GET", "/orgs/{orgId}/workload-profiles/{profileQid}/versions/latest", .orchestrator, .viewProfiles),
        route("GET", "/orgs/{orgId}/workload-profile-features", .orchestrator, .viewProfiles),
        route("GET", "/orgs/{orgId}/workload-profile-chart-versions", .orchestrator, .viewProfiles, query: ["id", "version"]),
    ]

    /// Ours: a changed definition or profile, brought to every environment that it touches.
    private static let rollouts: [PublicRoute] = [
        route("GET", "/orgs/{orgId}/rollouts", .orchestrator, .viewRollouts),
        route("POST", "/orgs/{orgId}/rollouts", .orchestrator, .rollOut, body: smallBody, status: 201),
        route("GET", "/orgs/{orgId}/rollouts/{rolloutId}", .orchestrator, .viewRollouts),
        route("POST", "/orgs/{orgId}/rollouts/{rolloutId}/actions/resume", .orchestrator, .rollOut, body: smallBody),
        route("POST", "/orgs/{orgId}/rollouts/{rolloutId}/actions/cancel", .orchestrator, .rollOut, body: smallBody),
    ]

    private static let preparations: [PublicRoute] = [
        route("GET", "/orgs/{orgId}/apps/{appId}/envs", .orchestrator, .viewEnvironments),
        route("POST", "/orgs/{orgId}/apps/{appId}/envs", .orchestrator, .createEnvironment, body: jsonBody, status: 201),
        route("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}", .orchestrator, .viewEnvironments),
        route("DELETE", "/orgs/{orgId}/apps/{appId}/envs/{envId}", .orchestrator, .deleteEnvironment, query: ["force"]),
        route(
            "PUT", "/orgs/{orgId}/apps/{appId}/envs/{envId}/from_deploy_id", .orchestrator, .changeBaseDeployment,
            body: smallBody,
            status: 204),
        route("GET", "/orgs/{orgId}/apps/{appId}/deltas", .orchestrator, .viewDeltas, query: ["archived", "env"]),
        route("POST", "/orgs/{orgId}/apps/{appId}/deltas", .orchestrator, .changeDeltas, body: documentBody),
        route("GET", "/orgs/{orgId}/apps/{appId}/deltas/{deltaId}", .orchestrator, .viewDeltas),
        route("PATCH", "/orgs/{orgId}/apps/{appId}/deltas/{deltaId}", .orchestrator, .changeDeltas, body: documentBody),
        route("GET", "/orgs/{orgId}/apps/{appId}/sets", .orchestrator, .viewSets),
        route("GET", "/orgs/{orgId}/apps/{appId}/sets/{setId}", .orchestrator, .viewSets, query: ["diff"]),
        route("POST", "/orgs/{orgId}/apps/{appId}/sets/{setId}", .orchestrator, .applyDelta, body: documentBody),
        route("GET", "/orgs/{orgId}/apps/{appId}/sets/{setId}/diff/{sourceSetId}", .orchestrator, .viewSets),
    ]

    private static let secretStores: [PublicRoute] = [
        route("GET", "/orgs/{orgId}/secretstores", .orchestrator, .viewSecretStores),
        route("POST", "/orgs/{orgId}/secretstores", .orchestrator, .changeSecretStores, body: jsonBody, status: 201),
        route("GET", "/orgs/{orgId}/secretstores/{storeId}", .orchestrator, .viewSecretStores),
        route("PATCH", "/orgs/{orgId}/secretstores/{storeId}", .orchestrator, .changeSecretStores, body: jsonBody),
        route("DELETE", "/orgs/{orgId}/secretstores/{storeId}", .orchestrator, .changeSecretStores),
        // Ours: whether it is reached, signs in, and is what it is said to be.
        route("POST", "/orgs/{orgId}/secretstores/{storeId}/actions/check", .orchestrator, .changeSecretStores, body: smallBody),
    ]

    /// Shared values: those of the application, and the overrides of an environment.
    private static let values: [PublicRoute] = ["", "/envs/{envId}"].flatMap { level in
        func values(
            _ method: String, _ rest: String, _ action: Action, body: Int = noBody, status: Int? = nil, query: Set<String> = []
        ) -> PublicRoute {
            route(
                method, "/orgs/{orgId}/apps/{appId}" + level + rest, .orchestrator, action, body: body, status: status,
                query: query)
        }
        let version = "/value-set-versions/{valueSetVersionId}"
        return [
            values("GET", "/values", .viewValues),
            values("POST", "/values", .changeValues, body: jsonBody, status: 201),
            values("DELETE", "/values", .changeValues),
            values("PUT", "/values/{key}", .changeValues, body: jsonBody),
            values("PATCH", "/values/{key}", .changeValues, body: jsonBody),
            values("DELETE", "/values/{key}", .changeValues),
            values("GET", "/value-set-versions", .viewValues, query: ["before", "limit", "key_changed"]),
            values("GET", version, .viewValues),
            values("POST", version + "/restore", .changeValues, body: smallBody),
            values("POST", version + "/restore/{key}", .changeValues, body: smallBody),
            values("POST", version + "/purge/{key}", .changeValues, body: smallBody, status: 204),
        ]
    }

    private static let deployments: [PublicRoute] = [
        deploys("GET", "", .viewDeployments),
        deploys("POST", "", .deploy, body: jsonBody, status: 201, query: ["queue", "timeout"]),
        deploys("GET", "/{deployId}", .viewDeployments),
        deploys("GET", "/{deployId}/errors", .viewDeployments),
        // Ours: why each resource came from where it did, how they hang together, and what is happening now.
        deploys("GET", "/{deployId}/explain", .viewDeployments),
        deploys("GET", "/{deployId}/graph", .viewDeployments),
        deploys("GET", "/{deployId}/events", .viewDeployments, kind: .stream),
        // Ours: where each step stands; stop; try again what failed, and say how what is unknown ended.
        deploys("GET", "/{deployId}/steps", .viewDeployments),
        deploys("POST", "/{deployId}/cancel", .deploy, body: smallBody, status: 202),
        deploys("POST", "/{deployId}/retry", .deploy, body: smallBody, status: 202, query: ["timeout"]),
        // Ours: what a deployment would do, kept to be deployed by its id.
        route("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/plans", .orchestrator, .viewPlans),
        route("POST", "/orgs/{orgId}/apps/{appId}/envs/{envId}/plans", .orchestrator, .plan, body: scoreBody, status: 201),
        route("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/plans/{planId}", .orchestrator, .viewPlans),
        // Ours: what is no longer as it was deployed.
        route("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/drift-reports", .orchestrator, .viewPlans),
        route(
            "POST", "/orgs/{orgId}/apps/{appId}/envs/{envId}/drift-reports", .orchestrator, .plan, body: smallBody, status: 202),
        route("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/drift-reports/{reportId}", .orchestrator, .viewPlans),
        // Ours: what nothing asks for any more, and what people did beyond deploying.
        route(
            "GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/collection", .orchestrator, .viewPlans,
            query: ["resources", "older_than_hours"]),
        route(
            "POST", "/orgs/{orgId}/apps/{appId}/envs/{envId}/collections", .orchestrator, .deleteActiveResource, body: jsonBody,
            status: 202),
        route("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/collections", .orchestrator, .viewPlans),
        route("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/interventions", .orchestrator, .viewPlans),
        // Ours: deletions that take their time, and cancelling one.
        route("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/deletions", .orchestrator, .viewDeployments),
        route(
            "POST", "/orgs/{orgId}/apps/{appId}/envs/{envId}/deletions/{deletionId}/cancel", .orchestrator, .deleteActiveResource,
            body: smallBody, status: 202),
        // Ours: Score files in, a deployment out.
        route(
            "POST", "/orgs/{orgId}/apps/{appId}/envs/{envId}/score-deploys", .orchestrator, .deploy, body: scoreBody, status: 202,
            query: ["queue", "timeout"]),
        route(
            "GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/resources", .orchestrator, .viewActiveResources,
            query: ["scheduled_deletion"]),
        route(
            "DELETE", "/orgs/{orgId}/apps/{appId}/envs/{envId}/resources/{type}/{resId}", .orchestrator, .deleteActiveResource,
            query: ["detach", "force", "reason"]),
        route("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/logs", .logs, .viewLogs, query: logQuery),
        // Ours: the same lines as they are written.
        route(
            "GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/logs/stream", .logs, .viewLogs, kind: .stream,
            query: logQuery.union(["follow"])),
    ]

    private static let logQuery: Set<String> = [
        "workload_id", "container_id", "deployment_id", "timestamp_from", "timestamp_to", "asc", "invert", "limit",
    ]

    private static func deploys(
        _ method: String, _ rest: String, _ action: Action, body: Int = noBody, kind: Kind = .json, status: Int? = nil,
        query: Set<String> = []
    ) -> PublicRoute {
        route(
            method, "/orgs/{orgId}/apps/{appId}/envs/{envId}/deploys" + rest, .orchestrator, action, body: body, kind: kind,
            status: status, query: query)
    }
}
