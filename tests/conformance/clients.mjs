// What applications use, doing what applications do: a query, a mutation and a subscription each, one line a check.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import WebSocket from 'ws';

globalThis.WebSocket ??= WebSocket; // Apollo's link names it, and older Nodes have none

const url = process.argv[2];
const wsUrl = url.replace(/^http/, 'ws');
const token = process.env.TOKEN; // for a service that asks for one
const headers = token ? { Authorization: `Bearer ${token}` } : {};
const TIMEOUT_MS = 60_000;

const QUERY = 'query Service { service { name } }';
const MUTATION = `mutation Face($seed: Seed!) {
  generateFace(input: { seed: $seed }) { generation { id } userErrors { code } }
}`;
const SUBSCRIPTION = 'subscription Updated($id: ID!) { generationUpdated(id: $id) { id status image { seed } } }';
const WRONG = 'query Wrong { nonsense }';
const WRONG_SUBSCRIPTION = 'subscription Wrong { nonsense }';
const UNKNOWN = { id: Buffer.from('Generation:00').toString('base64') };

let seed = 0;
let failures = 0;

function isTrue(value, message) {
  if (!value) throw new Error(message);
}

async function check(name, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing after ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    await Promise.race([work(), late]);
    console.log(`pass  ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${name}: ${error?.message ?? JSON.stringify(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

// A client is { ask(document, variables) -> data, follow(document, variables) -> [data] until it completes }; both
// throw where the answer has errors.
async function checkClient(name, client) {
  await check(`${name}: a query`, async () => {
    isTrue((await client.ask(QUERY)).service.name === 'Manganace', 'another answer');
  });
  let generation;
  await check(`${name}: a mutation`, async () => {
    const payload = (await client.ask(MUTATION, { seed: ++seed })).generateFace;
    isTrue(payload.userErrors.length === 0, JSON.stringify(payload.userErrors));
    generation = payload.generation.id;
  });
  await check(`${name}: a subscription until the face is there`, async () => {
    const seen = await client.follow(SUBSCRIPTION, { id: generation });
    const last = seen.at(-1).generationUpdated;
    isTrue(last.status === 'SUCCEEDED' && last.image.seed === seed, JSON.stringify(seen));
  });
  await check(`${name}: an invalid query is an error`, () => refused(client.ask(WRONG), 'nonsense'));
  await check(`${name}: an invalid subscription is an error`, () => refused(client.follow(WRONG_SUBSCRIPTION), 'nonsense'));
  await check(`${name}: following what does not exist is an error`, () =>
    refused(client.follow(SUBSCRIPTION, UNKNOWN), 'no such generation'),
  );
  await check(`${name}: and goes on after the errors`, async () => {
    isTrue((await client.ask(QUERY.replace('name', 'name version'))).service.version, 'another answer');
  });
}

// The error has to be the service's own, not one of the connection.
async function refused(promise, words) {
  const answer = await promise.then(
    (data) => ({ data }),
    (error) => ({ message: error.message }),
  );
  isTrue(answer.message?.includes(words), `answered ${JSON.stringify(answer)}`);
}

function dataOf(result) {
  const failure = result.error ?? result.errors?.[0];
  if (failure) throw failure instanceof Error ? failure : new Error(failure.message);
  return result.data;
}

function overSink(subscribe) {
  return (query, variables) =>
    new Promise((resolve, reject) => {
      const seen = [];
      subscribe(
        { query, variables },
        {
          next: (result) => (result.errors ? reject(new Error(result.errors[0].message)) : seen.push(result.data)),
          error: (error) => reject(error instanceof Error ? error : new Error(JSON.stringify(error))),
          complete: () => resolve(seen),
        },
      );
    });
}

function overSinks(client) {
  const follow = overSink(client.subscribe);
  return { ask: async (query, variables) => (await follow(query, variables))[0], follow };
}

function apollo(followLink) {
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    followLink,
    new HttpLink({ uri: url, headers }),
  );
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return {
    ask: async (query, variables) => {
      const document = gql(query);
      const mutates = query.startsWith('mutation');
      return dataOf(await (mutates ? client.mutate({ mutation: document, variables }) : client.query({ query: document, variables })));
    },
    follow: (query, variables) =>
      new Promise((resolve, reject) => {
        const seen = [];
        client.subscribe({ query: gql(query), variables }).subscribe({
          next: (result) => {
            try {
              seen.push(dataOf(result));
            } catch (error) {
              reject(error);
            }
          },
          error: reject,
          complete: () => resolve(seen),
        });
      }),
  };
}

function urql(exchanges, options) {
  const client = new Client({ url, exchanges: [cacheExchange, ...exchanges], preferGetMethod: false, fetchOptions: { headers }, ...options });
  return {
    ask: async (query, variables) => {
      const mutates = query.startsWith('mutation');
      return dataOf(await (mutates ? client.mutation(query, variables ?? {}) : client.query(query, variables ?? {})).toPromise());
    },
    follow: (query, variables) =>
      new Promise((resolve, reject) => {
        const seen = [];
        client.subscription(query, variables ?? {}).subscribe((result) => {
          if (result.error) return reject(result.error);
          seen.push(result.data);
          // urql's results do not say that a stream has completed.
          if (result.data.generationUpdated.status === 'SUCCEEDED') resolve(seen);
        });
      }),
  };
}

const ws = createWsClient({ url: wsUrl, webSocketImpl: WebSocket, retryAttempts: 0, keepAlive: 1000, connectionParams: headers });
const sse = createSseClient({ url, headers, retryAttempts: 0 });

await checkClient('graphql-ws', overSinks(ws));
await checkClient('graphql-sse, distinct connections', overSinks(sse));
await checkClient('Apollo Client over HTTP and graphql-ws', apollo(new GraphQLWsLink(ws)));
await checkClient('urql over HTTP and event streams', urql([fetchExchange], { fetchSubscriptions: true }));
await checkClient(
  'urql over HTTP and graphql-ws',
  urql([
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: ws.subscribe({ query, variables }, sink) }),
      }),
    }),
  ]),
);

await ws.dispose();
sse.dispose();
process.exit(failures ? 1 : 0);
