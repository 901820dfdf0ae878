import PlatformModel
import Sandbox

/// What Terraform finds in its sandbox: the code, the variables, its own configuration, and the script that calls it.
struct TerraformWorkspace: Sendable {
    enum Command: String, Sendable {
        case apply, destroy, plan
        /// What `destroy` would do.
        case planDestruction = "plan-destroy"
    }

    /// The state goes to the runner, whatever the code says: an override's backend replaces that of the configuration.
    static let backendFile = "zz_martlet_override.tf.json"
    /// OpenTofu would read a file of this name instead.
    static let shadowFile = "zz_martlet_override.tofu.json"
    static let outputs = "outputs.json"
    /// Which providers were chosen.
    static let lock = "lock.hcl"
    /// What Terraform could not hand over.
    static let leftState = "left.tfstate"
    /// Nothing else listens there: the network is the job's own.
    static let port = 8377

    let inputs: TerraformInputs
    let settings: TerraformSettings
    /// The archive of a source.
    var source: [UInt8]?
    /// The lock file of an earlier run of the same code.
    var lock: String?
    /// Of the state's server.
    let password: String

    func job(_ command: Command, _ serve: @escaping @Sendable (Int32) async -> Void) -> SandboxJob {
        var readOnly: [String] = []
        if let mirror = settings.providerMirror { readOnly.append(mirror) }
        if settings.program.hasPrefix("/"), !settings.program.hasPrefix("/usr/") { readOnly.append(settings.program) }
        return SandboxJob(
            command: ["/bin/bash", "run"], environment: environment(command), files: files, readOnly: readOnly,
            collect: [Self.outputs, Self.leftState, Self.lock], network: inputs.needsNetwork ? .outside : .none,
            limits: settings.limits,
            loopback: SandboxLoopback(port: Self.port, serve: serve))
    }

    /// User and password of the state's server, as they go over HTTP.
    var basic: String { Base64.encode(Array("\(StateServer.user):\(password)".utf8)) }

    private func environment(_ command: Command) -> [String: String] {
        let address = "http://127.0.0.1:\(Self.port)/state"
        var path = ""
        if case .git(let source) = inputs.code { path = source.path }
        let own = [
            "TF_HTTP_ADDRESS": address, "TF_HTTP_LOCK_ADDRESS": address, "TF_HTTP_UNLOCK_ADDRESS": address,
            "TF_HTTP_USERNAME": StateServer.user, "TF_HTTP_PASSWORD": password, "TF_HTTP_RETRY_MAX": "8",
            "TF_HTTP_RETRY_WAIT_MIN": "1", "TF_HTTP_RETRY_WAIT_MAX": "10", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "\(SandboxJob.workspace)/cli.tfrc",
            "PATH": "/usr/local/bin:/usr/bin:/bin", "MARTLET_COMMAND": command.rawValue, "MARTLET_PROGRAM": settings.program,
            "MARTLET_PATH": path, "MARTLET_PORT": String(Self.port),
            "MARTLET_BASIC": basic,
        ]
        return inputs.environment.merging(own) { _, own in own }
    }

    private var files: [SandboxFile] {
        var files = [
            SandboxFile(path: "run", text: Self.script), SandboxFile(path: "cli.tfrc", text: cliConfiguration),
            SandboxFile(path: "overlay/\(Self.backendFile)", text: #"{"terraform":{"backend":{"http":{}}}}"#),
            SandboxFile(path: "variables.tfvars.json", text: JSON.object(inputs.variables).canonical),
        ]
        if case .script(let text) = inputs.code { files.append(SandboxFile(path: "overlay/main.tf", text: text)) }
        for (path, text) in inputs.files.sorted(by: { $0.key < $1.key }) {
            files.append(SandboxFile(path: "overlay/\(path)", text: text))
        }
        if let lock { files.append(SandboxFile(path: "kept.lock.hcl", text: lock)) }
        if let source { files.append(SandboxFile(path: GitSource.archive, bytes: source)) }
        return files
    }

    private var cliConfiguration: String {
        var text = "disable_checkpoint = true\nprovider_installation {\n"
        if let mirror = settings.providerMirror {
            text += "  filesystem_mirror {\n    path = \(JSON.string(mirror).canonical)\n  }\n"
        }
        if settings.providerMirror == nil || settings.usesRegistry { text += "  direct {}\n" }
        return text + "}\n"
    }

    /// Nothing of the definition is in it: what it needs is in the environment and in files.
    ///
    /// While Terraform works, a second process waits for the runner's word to interrupt it, which lets Terraform end what it is at and
    /// save its state.
    private static let script = """
        set -u
        umask 077
        work=$PWD
        mkdir module || exit 90
        if [ -f source.tar ]; then tar -x --no-same-owner -f source.tar -C module || exit 90; fi
        cd "module/$MARTLET_PATH" || exit 91
        cp -R "$work/overlay/." . || exit 90
        kept=
        if [ ! -e .terraform.lock.hcl ] && [ -f "$work/kept.lock.hcl" ]; then kept=yes; cp "$work/kept.lock.hcl" .terraform.lock.hcl || exit 90; fi
        shopt -s nullglob
        for file in override.tf override.tf.json override.tofu override.tofu.json *_override.tf *_override.tf.json *_override.tofu *_override.tofu.json; do
            [ "$file" = zz_martlet_override.tf.json ] && continue
            # OpenTofu reads a file of this name instead of ours.
            [ "$file" = zz_martlet_override.tofu.json ] && { printf '%s\\n' "$file"; exit 92; }
            [ -f "$file" ] || continue
            if grep -Eq '(^|[^[:alnum:]_])(backend|cloud)([^[:alnum:]_]|$)' "$file"; then printf '%s\\n' "$file"; exit 92; fi
        done
        wait_for_word() {
            exec 3<>"/dev/tcp/127.0.0.1/$MARTLET_PORT" || return
            printf 'GET /interrupt HTTP/1.1\\r\\nHost: runner\\r\\nAuthorization: Basic %s\\r\\n\\r\\n' "$MARTLET_BASIC" >&3
            read -r line <&3 && kill -INT "$1"
        }
        terraform() { ( self=$BASHPID; wait_for_word "$self" >/dev/null 2>&1 </dev/null & exec "$MARTLET_PROGRAM" "$@" ); }
        init() { "$MARTLET_PROGRAM" init -input=false -no-color -lock-timeout=120s > "$work/init" 2>&1; }
        if ! init; then
            # Providers that are not to be had any more are chosen anew; others under the same name are not taken for them.
            if [ -z "$kept" ] || grep -qi checksum "$work/init"; then cat "$work/init"; exit 93; fi
            echo 'with the providers of the last run it cannot begin; choosing them anew'
            rm -f .terraform.lock.hcl
            init || { cat "$work/init"; exit 93; }
        fi
        grep -E '^- (Installed|Using)' "$work/init"
        if [ -f .terraform.lock.hcl ] && [ ! -h .terraform.lock.hcl ]; then cp .terraform.lock.hcl "$work/lock.hcl"; fi
        case $MARTLET_COMMAND in
        plan) terraform plan -json -input=false -lock=false -var-file="$work/variables.tfvars.json"; exit $? ;;
        plan-destroy)
            terraform plan -destroy -json -input=false -lock=false -var-file="$work/variables.tfvars.json"
            exit $?
            ;;
        destroy) terraform destroy -json -input=false -auto-approve -lock-timeout=120s -var-file="$work/variables.tfvars.json" ;;
        *) terraform apply -json -input=false -auto-approve -lock-timeout=120s -var-file="$work/variables.tfvars.json" ;;
        esac
        code=$?
        if [ -f errored.tfstate ]; then cp errored.tfstate "$work/left.tfstate"; fi
        [ $code = 0 ] || exit $code
        [ "$MARTLET_COMMAND" = destroy ] && exit 0
        "$MARTLET_PROGRAM" output -json -no-color > "$work/outputs.json" || exit 94
        """
}
