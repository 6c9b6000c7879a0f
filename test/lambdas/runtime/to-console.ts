// Imported before the handler: Powertools decides when its logger is made that its lines go to the console that tests see.
process.env['POWERTOOLS_DEV'] = 'true';
process.env['POWERTOOLS_METRICS_DISABLED'] = 'false';
export {};
