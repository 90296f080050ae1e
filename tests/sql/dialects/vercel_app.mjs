// An app with the Vercel AI SDK, run by capture.py beside its node_modules: node vercel_app.mjs URL
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { embed, generateText, streamText } from 'ai'

const url = process.argv[2]
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'captured-app' }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${url}/v1/traces` }))],
})
provider.register()

const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: 'test' })
const claude = createAnthropic({ baseURL: `${url}/v1`, apiKey: 'test' })
const experimental_telemetry = { isEnabled: true, metadata: { tenant_id: 'acme', userId: 'u-1', sessionId: 's-1' } }
const asked = { prompt: 'SECRET QUESTION', experimental_telemetry, maxRetries: 0 }
const all = async (result) => {
  for await (const _ of result.textStream);
}
const cases = {
  'openai-plain': () => generateText({ model: openai.chat('gpt-4o-mini'), ...asked }),
  'openai-stream-usage': () => all(streamText({ model: openai.chat('gpt-4o-mini'), ...asked })),
  'openai-429': () => generateText({ model: openai.chat('gpt-4o-broken'), ...asked }),
  'openai-retries': () => generateText({ model: openai.chat('gpt-4o-flaky'), ...asked, maxRetries: 3 }),
  'openai-embeddings': () =>
    embed({ model: openai.embedding('text-embedding-3-small'), value: 'SECRET TEXT', experimental_telemetry }),
  'openai-responses': () => generateText({ model: openai.responses('gpt-4.1'), ...asked }),
  'anthropic-cached': () => generateText({ model: claude('claude-sonnet-4-5'), ...asked }),
  'anthropic-stream': () => all(streamText({ model: claude('claude-sonnet-4-5'), ...asked })),
}
for (const [name, run] of Object.entries(cases)) {
  try {
    await run()
  } catch (error) {
    console.log(`${name}: ${error.name}: ${error.message}`)
  }
  await provider.forceFlush()
  await fetch(`${url}/case/${name}`, { method: 'POST', body: '' })
}
process.exit(0)
