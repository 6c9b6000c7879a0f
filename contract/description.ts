// What the functions, the machines and the report may know of a description: rooms below `config` get it from here.
export {
  descriptionSchema,
  environmentNameSchema,
  type ConfigurationDescription,
  type DatabaseDescription,
  type Description,
  type EnvironmentName,
  type FilesDescription,
  type InfrastructureDescription,
  type IntegrityCheck,
  type Objective,
  type VolumeDescription,
} from '../config/schema';
/** How what the stack stored is read again. */
export { unstored } from '../config/stored';
/** Plans that move the application between regions: in production a person decides about each of them, and about taking one back. */
export { betweenRegions } from '../config/standby';
