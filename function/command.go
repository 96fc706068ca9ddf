package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/command"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/eventbus"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/settings"
)

// wireCommand makes the handler of the command function.
func wireCommand(ctx context.Context, getenv func(string) string, log *slog.Logger) (lambda.Handler, error) {
	set, err := settings.CommandFromEnvironment(getenv)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	home := getenv("AWS_REGION")
	cfg, err := awsaccount.LoadConfig(ctx, home)
	if err != nil {
		return nil, err
	}
	// Who reads CloudTrail or the log of a service tells the calls of the two functions apart.
	cfg.AppID = deploy.CommandAppID
	store := dynamostore.New(dynamodb.NewFromConfig(cfg), set.Table, time.Now)
	store.Log = log
	f := command.Function{
		Store: store, Bus: eventbus.New(eventbridge.NewFromConfig(cfg)), Checks: map[string]*check.Check{}, Account: set.Account, Home: home,
		Chat: set.Chat, AckCritical: set.AckCritical, NewID: newID, Now: time.Now, Log: log,
	}
	if set.Hub {
		f.Of = func(account string) command.Store { return store.Of(account) }
		f.Members = func(ctx context.Context) ([]string, error) { return hub.Members(ctx, store) }
	}
	for _, c := range catalogue.Checks() {
		f.Checks[c.ID] = c
	}
	return commandHandler{f, getenv("AWS_LAMBDA_FUNCTION_VERSION")}, nil
}

// commandHandler answers invocations of the command function.
type commandHandler struct {
	command.Function
	version string
}

// Invoke handles one invocation. A version and an alias have resource policies of their own, which may let in others than that of the
// function: what comes by them is refused.
func (h commandHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if h.version != "" && h.version != aws.LatestVersion {
		return nil, fmt.Errorf("the version %s of the command function takes no calls: invoke the function without a qualifier", h.version)
	}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		if invoked, err := aws.ParseFunctionARN(lc.InvokedFunctionArn); err == nil && invoked.Qualifier != "" {
			return nil, fmt.Errorf("%s takes no calls: invoke the function without a qualifier", lc.InvokedFunctionArn)
		}
	}
	answer, err := h.Handle(ctx, payload)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer, json.Deterministic(true))
}

// newID makes an ID for a call.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // It never fails: https://pkg.go.dev/crypto/rand#Read
	return hex.EncodeToString(b[:])
}
