/// What the request-level handler of a connection tells the byte-level one before it.
enum ConnectionPhase {
    case headArrived
    case answersEnded
}
