package aws

// layerVendors are accounts that others publish their layers from, as their own guides say, by name.
var layerVendors = table[map[string]string]{
	sources: []Source{
		{"https://docs.datadoghq.com/serverless/aws_lambda/installation/", "2026-11-23"},
		{"https://layers.newrelic-external.com/", "2026-11-23"},
		{"https://www.ibm.com/docs/en/instana-observability/current?topic=lambda-aws-native-tracing", "2026-11-23"},
		{"https://help.sumologic.com/docs/send-data/opentelemetry-collector/", "2026-11-23"},
		{"https://github.com/open-telemetry/opentelemetry-lambda/releases", "2026-11-23"},
	},
	rows: map[string]string{
		"464622532012": "Datadog", "002406178527": "Datadog", "451483290750": "New Relic", "410797082306": "Instana", "663229565520": "Sumo Logic",
		"184161586896": "the OpenTelemetry project",
	},
}

// LayerVendor gives the name of the vendor that publishes layers from an account; false for any other account.
func LayerVendor(account string) (string, bool) {
	name, ok := layerVendors.rows[account]
	return name, ok
}
