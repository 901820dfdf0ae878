import Cryptography
import Testing

@testable import AdminTool

@Suite struct SecretMaskTests {
    @Test(arguments: [
        (
            "database: host=/run/x dbname=martlet password=hunter2 user=postgres",
            "database: host=/run/x dbname=martlet password=******** user=postgres"
        ),
        ("url: postgresql://admin:hunter2@db:5432/martlet", "url: postgresql://admin:********@db:5432/martlet"),
        ("bind_password: hunter2", "bind_password: ********"),
        ("  \"token\": \"hunter2\", \"x\": 1", "  \"token\": \"********\", \"x\": 1"),
        ("Authorization: Bearer hunter2", "Authorization: ********"), ("PGPASSWORD='hunter2' psql", "PGPASSWORD='********' psql"),
        ("secret_key_of_it=hunter2", "secret_key_of_it=********"), ("a Password : hunter2", "a Password : ********"),
        ("sent mrt_abc-DEF_123, and \"mrt_x\"", "sent ********, and \"********\""),
        // What only looks like one.
        ("bind_password_file: /run/credentials/x", "bind_password_file: /run/credentials/x"),
        ("token_seconds: 30", "token_seconds: 30"), ("the password was wrong", "the password was wrong"),
        ("https://host:8443/path", "https://host:8443/path"), ("password:", "password:"), ("", ""), ("ünïcode İ", "ünïcode İ"),
    ]) func whatStandsWhereASecretWould(_ line: String, _ masked: String) {
        #expect(SecretMask([]).masked(line) == masked)
        #expect(SecretMask([]).masked("\(line)\n\(line)\n") == "\(masked)\n\(masked)\n")
    }

    @Test func knownValuesInEveryForm() {
        let mask = SecretMask([
            SecretBytes(Array("s3cr3t-value\n".utf8)), SecretBytes([0, 255, 1, 254, 2, 253, 3]), SecretBytes([1, 2]),
        ])
        #expect(
            mask.masked("it said s3cr3t-value, czNjcjN0LXZhbHVl and 00ff01fe02fd03 and 00FF01FE02FD03, AP8B/gL9Aw== but not 0102")
                == "it said ********, ******** and ******** and ********, ******** but not 0102")
    }
}
