package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	readFunction = "arn:aws:lambda:us-east-1:111122223333:function:shop"
	readRole     = "arn:aws:iam::111122223333:role/shop"
)

// The configuration of a function and of its event source mapping, as Lambda's API gives them.
const (
	apiFunction = `{"FunctionName": "shop", "FunctionArn": "` + readFunction + `", "Version": "$LATEST", "Role": "` + readRole + `",
		"LastModified": "2026-03-02T09:00:00.000+0000", "PackageType": "Zip", "TracingConfig": {"Mode": "Active"},
		"FileSystemConfigs": [{"Arn": "arn:aws:s3files:us-east-1:111122223333:file-system/fs-1", "LocalMountPath": "/mnt/a", "S3FilesConfig": {"DirectS3Read": "ENABLED"}}],
		"CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn:aws:lambda:us-east-1:111122223333:capacity-provider:cp"}},
		"RuntimeConfig": {"RuntimeArn": "arn:aws:lambda:us-east-1:444455556666:runtime/php", "RuntimeAlias": "prod"},
		"DurableConfig": {"ExecutionTimeout": 3600}, "LoggingConfig": {"LogGroup": "/shop"}}`
	apiUpdates = `{"UpdateRuntimeOn": "Manual", "FunctionArn": "` + readFunction + `", "RuntimeVersionArn": "arn:aws:lambda:us-east-1:444455556666:runtime/php/version/v8"}`
	apiMapping = `{"UUID": "00000000-0000-0000-0000-000000000001", "FunctionArn": "` + readFunction + `:$LATEST", "State": "Enabled", "Topics": ["t"],
		"LastProcessingResult": "PROBLEM: SASL authentication failed.", "StateTransitionReason": "EVENT_SOURCE_AUTHZ_ERROR",
		"FilterCriteriaError": {"ErrorCode": "KMSDisabledException", "Message": "The key is disabled."},
		"EventSourceArn": "arn:aws:kafka:us-east-1:111122223333:cluster/c/0a0a0a0a-1111-2222-3333-444444444444-1",
		"KMSKeyArn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
		"SourceAccessConfigurations": [{"Type": "SASL_SCRAM_512_AUTH", "URI": "arn:aws:secretsmanager:us-east-1:111122223333:secret:a"}],
		"DestinationConfig": {"OnFailure": {"Destination": "kafka://failed"}},
		"AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": "g", "SchemaRegistryConfig": {"SchemaRegistryURI": "https://sr.example.com",
			"AccessConfigs": [{"Type": "BASIC_AUTH", "URI": "arn:aws:secretsmanager:us-east-1:111122223333:secret:b"}]}}}`
)

// TestEveryReaderReadsTheSame reads one configuration through Lambda's API, from an export, and from CloudTrail's records. Only of
// records is it not known whether Lambda still says of the mapping what it said.
func TestEveryReaderReadsTheSame(t *testing.T) {
	readers := map[string]func(*testing.T) []role.Function{"the API": readLive, "an export": readExport, "records": readRecords}
	var first *role.Config
	for name, read := range readers {
		versions := read(t)
		if len(versions) != 1 {
			t.Fatalf("%s: %d versions", name, len(versions))
		}
		c := versions[0].Config
		got := role.Config{
			LogGroup: c.LogGroup, Network: c.Network, DeadLetter: c.DeadLetter, Tracing: c.Tracing, Layers: c.Layers, Mounts: c.Mounts,
			Durable: c.Durable, SnapStart: c.SnapStart, Image: c.Image, CapacityProvider: c.CapacityProvider, Sources: c.Sources,
			Runtime: c.Runtime, RuntimeUpdates: c.RuntimeUpdates,
		}
		if got.Runtime.Or(role.Runtime{}).Alias != "prod" || got.RuntimeUpdates.Or(role.RuntimeUpdates{}).Version == "" {
			t.Errorf("%s: the runtime: %+v, %+v", name, got.Runtime, got.RuntimeUpdates)
		}
		if len(got.Sources.Or(nil)) != 1 || got.Sources.Or(nil)[0].RegistryAccess == nil || got.Mounts.Or(nil)[0].DirectRead == "" || got.CapacityProvider.Or("") == "" {
			t.Errorf("%s: %+v", name, got)
		}
		if s := &got.Sources.Or(nil)[0]; s.Result == "" || s.Transition == "" || s.FilterError.Code == "" || s.FilterError.Message == "" || s.Unsaid.Given() != (name == "records") {
			t.Errorf("%s: Lambda's word on the mapping: %+v", name, *s)
		} else {
			s.Unsaid = role.Reason{}
		}
		if first == nil {
			first = &got
		}
		if diff := cmp.Diff(plain(t, *first), plain(t, got)); diff != "" {
			t.Errorf("%s reads something else:\n%s", name, diff)
		}
	}
	if len(readers) != 3 {
		t.Fatalf("%d readers", len(readers))
	}
}

func plain(t *testing.T, c role.Config) string {
	t.Helper()
	text, err := json.Marshal(c, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), ",", ",\n")
}

func readLive(t *testing.T) []role.Function {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer := `{}`
		switch {
		case strings.HasSuffix(r.URL.Path, "/versions"):
			answer = `{"Versions": [` + apiFunction + `]}`
		case strings.HasSuffix(r.URL.Path, "/runtime-management-config"):
			answer = apiUpdates
		case strings.Contains(r.URL.Path, "event-source-mappings"):
			answer = `{"EventSourceMappings": [` + apiMapping + `]}`
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	client := lambda.New(lambda.Options{Region: "us-east-1", BaseEndpoint: awssdk.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	a := awsaccount.New(nil, map[string]*lambda.Client{"us-east-1": client}, awsaccount.Options{
		Partition: "aws", AccountID: "111122223333", Now: time.Now, Facts: awsaccount.Facts{Sources: true, RuntimeUpdates: true},
	})
	versions, err := a.Function(t.Context(), readFunction)
	if err != nil {
		t.Fatal(err)
	}
	return versions
}

func readExport(t *testing.T) []role.Function {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"functions.json":             `{"Functions": [` + strings.TrimSuffix(apiFunction, "}") + `, "RuntimeManagementConfig": ` + apiUpdates + `}]}`,
		"event-source-mappings.json": `{"EventSourceMappings": [` + apiMapping + `]}`, "aliases.json": `{"Aliases": []}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := export.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	versions, err := a.Function(t.Context(), readFunction)
	if err != nil {
		t.Fatal(err)
	}
	return versions
}

func readRecords(t *testing.T) []role.Function {
	t.Helper()
	a := history.New(nil)
	for i, record := range [][2]string{
		{"CreateFunction20150331", apiFunction}, {"CreateEventSourceMapping20150331", apiMapping}, {"PutRuntimeManagementConfig20210720", apiUpdates},
	} {
		name, answer := record[0], record[1]
		var fields any
		if err := json.Unmarshal([]byte(answer), &fields); err != nil {
			t.Fatal(err)
		}
		response := lowered(fields).(object)
		body, err := json.Marshal(object{
			"eventSource": "lambda.amazonaws.com", "eventName": name, "eventTime": fmt.Sprintf("2026-03-02T09:00:0%dZ", i), "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
			"requestParameters": object{"functionName": readFunction + ":$LATEST"}, "responseElements": response,
		})
		if err != nil {
			t.Fatal(err)
		}
		c, err := events.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	versions, err := a.Function(t.Context(), readFunction)
	if err != nil {
		t.Fatal(err)
	}
	return versions
}

// lowered is an answer as CloudTrail writes it: names begin with a small letter.
func lowered(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for name, value := range v {
			out[strings.ToLower(name[:1])+name[1:]] = lowered(value)
		}
		return out
	case []any:
		for i := range v {
			v[i] = lowered(v[i])
		}
	}
	return v
}
