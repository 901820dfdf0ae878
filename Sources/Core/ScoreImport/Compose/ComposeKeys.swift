/// The keys of a service.
enum ComposeKeys {
    static let carried: Set<String> = [
        "image", "build", "environment", "env_file", "extends", "profiles", "links", "command", "entrypoint", "ports", "expose",
        "volumes", "configs", "secrets", "healthcheck", "labels", "annotations", "deploy", "scale", "mem_limit",
        "mem_reservation",
        "cpus", "depends_on", "restart",
    ]

    /// Those that Score has nothing for, and why that is or what to do.
    static let dropped: [String: String] = {
        var reasons = [
            "networks": "the workloads of an environment reach each other by their names",
            "network_mode":
                "the platform decides the network; a service in another's network belongs to its workload as a second container",
            "container_name": "the platform names containers; others reach the workload by its own name",
            "hostname": "others reach the workload by its own name", "domainname": "others reach the workload by its own name",
            "logging": "the platform takes the output and keeps it",
            "tmpfs": "take a volume of the class 'ephemeral', as 'emptyDir' is one",
            "working_dir": "Score starts in the image's own folder; change it there, or begin the command with 'cd'",
            "user": "the image's own user is taken; a definition of the type 'workload' can set another one",
            "develop": "it is for developing on one machine", "stdin_open": "no terminal is attached to a workload",
            "tty": "no terminal is attached to a workload", "pull_policy": "the platform decides when an image is fetched",
            "stop_grace_period": "a definition of the type 'workload' can set it",
            "stop_signal": "the image's own signal is taken",
            "extra_hosts": "names come from DNS: a resource of the type 'dns' can make one",
            "external_links": "give the address as a shared value", "volumes_from": "name the same volumes here",
            "provider": "a resource with a definition is the platform's way",
        ]
        let onlyHost =
            "it is about the machine, and the platform chooses that; a definition of the type 'workload' can set what Kubernetes has"
        for key in [
            "attach", "blkio_config", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "cpu_count", "cpu_percent", "cpu_period",
            "cpu_quota",
            "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpuset", "credential_spec", "device_cgroup_rules", "devices", "dns",
            "dns_opt",
            "dns_search", "gpus", "group_add", "init", "ipc", "isolation", "label_file", "mac_address", "memswap_limit",
            "mem_swappiness",
            "models", "oom_kill_disable", "oom_score_adj", "pid", "pids_limit", "platform", "post_start", "pre_stop",
            "privileged",
            "read_only", "runtime", "security_opt", "shm_size", "storage_opt", "sysctls", "ulimits", "use_api_socket",
            "userns_mode", "uts",
            "volume_driver",
        ] { reasons[key] = onlyHost }
        return reasons
    }()

    static var all: Set<String> { carried.union(dropped.keys) }
}
