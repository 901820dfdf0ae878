import TestSupport
import Testing

/// The real programs over real sockets. They share one appliance, which some of them stop and kill: so one after the other.
@Suite(.serialized, .enabled(if: PrivatePodman.isAvailable)) enum ApplianceTests {}
