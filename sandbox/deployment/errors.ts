/** The folder is no cloud assembly, or does not hold what was asked for. */
export class AssemblyError extends Error {
  override readonly name = 'AssemblyError';
}

/** The template says something that CloudFormation would refuse, or an intrinsic function that is not simulated. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** A resource of a type that the sandbox does not know; AWS may know it. */
export class UnknownResourceTypeError extends Error {
  override readonly name = 'UnknownResourceTypeError';
}

/** A property that the sandbox neither simulates nor lists as having no effect in it. */
export class UnknownPropertyError extends Error {
  override readonly name = 'UnknownPropertyError';
}

/** A function's bundle that the sandbox will not run as it is. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

/** An SDK call that no role made: nothing could say whether it is allowed. */
export class NoRoleError extends Error {
  override readonly name = 'NoRoleError';
}

/** An invocation that had ended (answered, failed or timed out) still went on and called something. */
export class InvocationEndedError extends Error {
  override readonly name = 'InvocationEndedError';
}

/** A simulated service answered what the real one's model does not know: a fault of the sandbox. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}

/** The deployment has nothing of that name. */
export class NotDeployedError extends Error {
  override readonly name = 'NotDeployedError';
}
