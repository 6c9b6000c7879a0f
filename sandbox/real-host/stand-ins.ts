/** What is not the real thing on a real host, for the report. */
export const realHostStandIns: readonly { readonly name: string; readonly why: string }[] = [
  { name: 'aws', why: 'reads a secret by the host’s instance role from the simulated Secrets Manager; nothing else' },
  {
    name: 'SSM agent',
    why: 'QEMU’s guest agent runs scripts as it does; its registration and polling are not simulated',
  },
  { name: 'processor', why: 'emulated: everything but the disk takes many times longer than on an instance' },
];
