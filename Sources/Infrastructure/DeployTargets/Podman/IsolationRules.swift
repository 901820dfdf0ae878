/// The firewall rules that keep environments apart, as nft reads them. They are about this target's bridges only, so that other
/// networks of the machine stay as they are; a `reject` is final whatever other tables say.
struct IsolationRules: Sendable, Hashable {
    let table: String
    /// What the names of this target's bridges begin with.
    let bridges: String
    /// TCP ports of the machine itself that containers may reach.
    let hostPorts: [Int]

    /// Replaces the table in one transaction: there is no moment without rules.
    var text: String {
        let ports = Set(hostPorts).sorted().map(String.init).joined(separator: ", ")
        return """
            table inet \(table)
            delete table inet \(table)
            table inet \(table) {
                chain forward {
                    type filter hook forward priority filter - 10; policy accept;
                    oifname != "\(bridges)*" accept
                    # With br_netfilter, frames between ports of one bridge come here, too: what they are sent to is on the link
                    # that they came from.
                    fib daddr . iif oif exists accept
                    ct state established,related accept
                    reject with icmpx type admin-prohibited
                }
                chain input {
                    type filter hook input priority filter - 10; policy accept;
                    iifname != "\(bridges)*" accept
                    ct state established,related accept
                    # Names: at the environment's own address of the machine.
                    fib daddr . iif type local meta l4proto { tcp, udp } th dport 53 accept
            \(ports.isEmpty ? "" : "        tcp dport { \(ports) } accept\n")\
                    reject with icmpx type admin-prohibited
                }
            }

            """
    }
}
