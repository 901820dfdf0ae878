import FaultPoints

/// The fault points inside the driver's effect; the program that runs it lists them with its own.
package enum TerraformDriverFaults {
    /// The run has begun, nothing was done.
    static let afterBegin = FaultPoint("runner.terraform.afterBegin")
    /// Terraform has ended and its state is kept; nobody was told.
    static let afterApply = FaultPoint("runner.terraform.afterApply")
    /// All is destroyed, the empty state is kept.
    static let afterDestroy = FaultPoint("runner.terraform.afterDestroy")

    package static let all = [afterBegin, afterApply, afterDestroy]
}
