# The Python of examples/gan-1d.ts; its output under PyTorch is gan-1d.out.
import torch
import torch.nn.functional as F
from torch import nn, optim

torch.set_num_threads(1)
torch.manual_seed(2)

real = lambda count: torch.randn(count, 1) * 1.25 + 4
generator = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
critic = nn.Sequential(
    nn.Linear(1, 16),
    nn.LeakyReLU(0.2),
    nn.Linear(16, 16),
    nn.LeakyReLU(0.2),
    nn.Linear(16, 1),
)
generator_steps = optim.Adam(generator.parameters(), lr=0.005, betas=(0.5, 0.999))
critic_steps = optim.Adam(critic.parameters(), lr=0.01, betas=(0.5, 0.999))

batch = 64
ones, zeros = torch.ones(batch, 1), torch.zeros(batch, 1)
for step in range(500):
    made = generator(torch.randn(batch, 1))

    on_real = F.binary_cross_entropy_with_logits(critic(real(batch)), ones)
    on_made = F.binary_cross_entropy_with_logits(critic(made.detach()), zeros)
    tell = on_real + on_made
    critic_steps.zero_grad()
    tell.backward()
    critic_steps.step()

    fool = F.binary_cross_entropy_with_logits(critic(made), ones)
    generator_steps.zero_grad()
    fool.backward()
    generator_steps.step()

    if step % 100 == 0 or step == 499:
        print(f"step {step}  mean {made.mean().item():.1f}  deviation {made.std().item():.1f}")

with torch.no_grad():
    made = generator(torch.randn(1000, 1))
print(f"real: mean 4.0 deviation 1.25; made: mean {made.mean().item():.1f}")
