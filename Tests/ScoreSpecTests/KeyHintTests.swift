import PlatformModel
import ScoreSpec
import Testing

/// What people write out of habit from elsewhere: the answer says what Score has instead.
@Suite struct KeyHintTests {
    /// A Score file, and what the only problem's message must hold.
    static let habits: [(String, String)] = [
        (small(more: "kind: Workload\n"), "martlet score import"),
        (small(more: "services: {web: {image: a}}\n"), "Compose"),
        (small(more: "spec: {replicas: 2}\n"), "beginning of the line"),
        (small(more: "workloads: {web: {image: a}}\n"), "one workload"),
        (small(more: "ingress: {host: a.example}\n"), "type 'route'"),
        (small(more: "service: {type: LoadBalancer}\n"), "type 'route'"),
        (small(more: "service: {ports: {http: {port: 80, containerPort: 8080}}}\n"), "targetPort"),
        (small(container: "{image: a, env: [{name: A, value: b}]}"), "'variables'"),
        (small(container: "{image: a, environment: {A: b}}"), "'variables'"),
        (small(container: "{image: a, ports: [80]}"), "under 'service'"),
        (small(more: "resources: {db: {type: postgres, parameters: {size: 1}}}\n"), "under 'params'"),
        (small(container: "{image: a, imagePullPolicy: Always}"), "spec.containers.NAME.imagePullPolicy"),
        (
            small(container: "{image: a, livenessProbe: {httpGet: {path: /, port: 1}, initialDelaySeconds: 3}}"),
            "liveness_probe.initialDelaySeconds"
        ),
        (small(container: "{image: a, livenessProbe: {exec: {command: []}, tcpSocket: {port: 1}}}"), "'httpGet' and 'exec'"),
    ]

    @Test(arguments: habits) func saysWhatScoreHasInstead(text: String, expected: String) {
        let found = problems(text)
        #expect(found.map(\.code) == ["SCORE-109"], "\(found)")
        #expect(found.first?.message.contains(expected) == true, "\(found)")
    }

    /// What is of another type only because of quotes, or is not there at all.
    static let slips: [(String, String)] = [
        (
            small(more: "service: {ports: {http: {port: '80'}}}\n"),
            "a whole number from 1 to 65535 is needed, and this is the string '80'; write 80, without quotes"
        ),
        (
            small(container: "{image: a, files: {/a: {content: b, noExpand: 'true'}}}"),
            "true or false is needed, and this is the string 'true'; write true, without quotes"
        ),
        (small(more: "resources:\n"), "a map is needed, and this is empty; fill it, or leave the key out"),
        (small(container: "{image: a, args: }"), "a list is needed, and this is empty; fill it, or leave the key out"),
        (
            small(container: "{image: a, variables: {A: }}"),
            "a string is needed, and this is empty; write \"\" for an empty text"
        ),
        // A value where a map is needed: the key that was left out.
        (small(more: "resources: {db: postgres}\n"), "a map is needed, and this is the string 'postgres'; put it under 'type'"),
        (
            small(more: "service: {ports: {http: 8080}}\n"),
            "a map is needed, and this is the number 8080; put it under 'port'"
        ),
        (small(container: "nginx"), "a map is needed, and this is the string 'nginx'; put it under 'image'"),
        (
            small(container: "{image: a, volumes: {/data: disk}}"),
            "a map is needed, and this is the string 'disk'; put it under 'source'"
        ),
        (small(container: "{image: a, files: {/a: b}}"), "a map is needed, and this is a string; put it under 'content'"),
    ]

    @Test(arguments: slips) func saysHowToWriteIt(text: String, expected: String) {
        let found = problems(text)
        #expect(found.map(\.message) == [expected], "\(found)")
        #expect(found.allSatisfy { $0.suggestion == nil })
    }

    @Test func anImageThatIsLeftOpenIsADot() {
        for image in ["''", "", "~"] {
            let found = problems(small(container: "{image: \(image)}"))
            #expect(found.count == 1 && found.first?.suggestion == ".", "\(found)")
        }
    }

    @Test func aMissingKeyIsNoGuess() {
        let found = problems("{}")
        #expect(found.map(\.message) == ["apiVersion", "metadata", "containers"].map { "the key '\($0)' is missing" })
        #expect(found.allSatisfy { $0.suggestion == nil })
    }
}
