/// How a workload is, as the target sees it now.
package struct WorkloadStatus: Sendable, Hashable {
    package enum Phase: String, Sendable, Hashable, Codable {
        /// Replicas are starting, or fewer are ready than wanted.
        case progressing
        /// Every wanted replica of the newest revision is ready.
        case available
        /// A Job that ran to its end.
        case completed
        /// It does not get ready by itself: see `message`.
        case failed
    }

    package var key: WorkloadKey
    /// The revision that serves. While a rollout runs, or after one failed, this is the older one.
    package var revision: String
    /// The action that put this revision there.
    package var mark: String
    package var phase: Phase
    package var wanted: Int
    package var ready: Int
    /// For people: why it is not available. Nil when there is nothing to say. May hold a line of the container's output.
    package var message: String?
    package var replicas: [ReplicaStatus]

    package init(
        key: WorkloadKey, revision: String, mark: String, phase: Phase, wanted: Int, ready: Int, message: String? = nil,
        replicas: [ReplicaStatus] = []
    ) {
        self.key = key
        self.revision = revision
        self.mark = mark
        self.phase = phase
        self.wanted = wanted
        self.ready = ready
        self.message = message
        self.replicas = replicas
    }
}

/// One replica: a pod in Kubernetes' words.
package struct ReplicaStatus: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, Codable {
        case starting, ready, unready, waiting, exited
    }

    package var name: String
    package var revision: String
    package var state: State
    /// Starts after the first one.
    package var restarts: Int
    /// Where it is reached inside the environment's network.
    package var address: String?
    package var message: String?
    /// What each container runs, as the target names images; empty where it does not tell.
    package var images: [String: String]
    /// Containers that should be there and are not; the target makes them again by itself, or the whole replica.
    package var missing: [String]

    package init(
        name: String, revision: String, state: State, restarts: Int = 0, address: String? = nil, message: String? = nil,
        images: [String: String] = [:], missing: [String] = []
    ) {
        self.name = name
        self.revision = revision
        self.state = state
        self.restarts = restarts
        self.address = address
        self.message = message
        self.images = images
        self.missing = missing
    }
}

/// A replica's address and port, as a route's server.
package struct WorkloadEndpoint: Sendable, Hashable, Codable {
    package var address: String
    package var port: Int

    package init(address: String, port: Int) {
        self.address = address
        self.port = port
    }
}
